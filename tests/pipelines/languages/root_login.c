// Finds sign-ins of the root user: a rule without any library, by the table of exports in wit/README.md. Its reader of JSON
// is as small as it can be: it takes the members of the event and of its userIdentity as they are written.
typedef __UINT8_TYPE__ u8;
typedef __UINT32_TYPE__ u32;

// Memory of a call: what was passed in, and what is answered. It begins anew after each answer.
extern u8 __heap_base;
static u32 used;

#define EXPORT(name) __attribute__((export_name(name)))
#define API "trommel:filter/event-filter@0.2.0#"

EXPORT("cabi_realloc")
u32 cabi_realloc(u32 old, u32 old_size, u32 align, u32 size) {
    u32 at = ((u32)&__heap_base + used + 7) & ~7u, end = at + size;
    if (end < at || (end > __builtin_wasm_memory_size(0) << 16 &&
                     __builtin_wasm_memory_grow(0, (end >> 16) + 1 - __builtin_wasm_memory_size(0)) == -1ul))
        __builtin_trap();
    for (u32 i = 0; i < old_size && i < size; i++) ((u8 *)at)[i] = ((u8 *)old)[i];
    used = end - (u32)&__heap_base;
    return at;
}

typedef struct { const char *at; u32 len; } text;
typedef struct { text id, name, version; text authors, license; u8 severity, risk_score; text tags, references, threats;
                 const void *columns; u32 columns_len; text settings_schema; const text *needles; u32 needles_len; } rule;
typedef struct { text name; u8 kind; } column;

#define TEXT(literal) { literal, sizeof literal - 1 }

static const column COLUMNS[] = {{TEXT("time"), 0}, {TEXT("address"), 0}};
static const text NEEDLES[] = {TEXT("ConsoleLogin")};
static const rule RULE = {.id = TEXT("com.example.root-login"), .name = TEXT("The root user signed in"),
                          .version = TEXT("1.0.0"), .severity = 1, .risk_score = 21, .columns = COLUMNS,
                          .columns_len = 2, .needles = NEEDLES, .needles_len = 1};
_Static_assert(sizeof(rule) == 92, "as wit/README.md has it");

static struct { const rule *at; u32 len; } rules = {&RULE, 1};
static struct { text description, triage; } document = {TEXT("Finds sign-ins of the root user."), {0, 0}};
static struct { text pointer, expected; } mistake = {{0, 0}, TEXT("no settings")};
static struct { u32 is_error; const void *at; u32 len; } configured;
static struct { u32 rule; text columns; u8 severity[2], risk_score[2]; u32 event_id[3]; } finding;
static struct { u8 is_fault; union { struct { const void *at; u32 len; } found; struct { u32 internal; text why; } fault; }; u32 rest[2]; } answer;
_Static_assert(sizeof finding == 28 && sizeof answer == 24, "as wit/README.md has it");

EXPORT(API "describe") void *describe(void) { return &rules; }
EXPORT("cabi_post_" API "describe") void described(void *answer) { used = 0; }
EXPORT(API "document") void *document_of(u32 rule) { return &document; }
EXPORT("cabi_post_" API "document") void documented(void *answer) { used = 0; }
EXPORT(API "reads") u32 reads(u8 *event, u32 len) { used = 0; return 1; }

EXPORT(API "configure")
void *configure(u32 rule, const char *settings, u32 len) {
    configured.is_error = !(rule == 0 && len == 2 && settings[0] == '{' && settings[1] == '}');
    configured.at = &mistake;
    configured.len = configured.is_error;
    return &configured;
}
EXPORT("cabi_post_" API "configure") void configured_(void *answer) { used = 0; }

static const char *space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) at++;
    return at;
}

// The end of a value, or 0.
static const char *value_end(const char *at, const char *end) {
    u32 depth = 0;
    for (; at < end; at++) {
        if (*at == '"') {
            for (at++; at < end && *at != '"'; at++) if (*at == '\\') at++;
            if (at >= end) return 0;
        } else if (*at == '{' || *at == '[') {
            depth++;
            continue;
        } else if (*at == '}' || *at == ']') {
            if (depth == 0) return at;
            depth--;
        } else if (depth > 0 || (*at != ',' && *at != ' ' && *at != '\t' && *at != '\r' && *at != '\n')) {
            continue;
        } else {
            return at;
        }
        if (depth == 0) return at + 1;
    }
    return 0;
}

static int same(text one, const char *other) {
    u32 at = 0;
    for (; at < one.len && other[at]; at++) if (one.at[at] != other[at]) return 0;
    return at == one.len && !other[at];
}

// A member of an object as it is written, `null` where it is not there. An object that is none has a length of 0.
static text member(text object, const char *name) {
    const char *at = space(object.at, object.at + object.len), *end = object.at + object.len;
    text found = TEXT("null"), none = {0, 0};
    if (at >= end || *at++ != '{') return none;
    for (;;) {
        at = space(at, end);
        if (at < end && *at == '}') return found;
        const char *key = at, *key_end = at < end && *at == '"' ? value_end(at, end) : 0;
        if (!key_end) return none;
        at = space(key_end, end);
        if (at >= end || *at++ != ':') return none;
        at = space(at, end);
        const char *value = at;
        at = value_end(at, end);
        if (!at || at == value) return none;
        text this = {key + 1, key_end - key - 2};
        if (same(this, name)) found = (text){value, at - value};
        at = space(at, end);
        if (at < end && *at == ',') at++;
        else if (at >= end || *at != '}') return none;
    }
}

static void put(char **to, text from) {
    for (u32 i = 0; i < from.len; i++) *(*to)++ = from.at[i];
}

EXPORT(API "evaluate")
void *evaluate(const char *event, u32 len, u32 some, u32 *asked, u32 asked_len) {
    text object = {event, len}, name = member(object, "eventName");
    answer.is_fault = name.len == 0;
    if (answer.is_fault) {
        answer.fault.internal = 0;
        answer.fault.why = (text)TEXT("it is not the text of one JSON object");
        return &answer;
    }
    text type = member(member(object, "userIdentity"), "type");
    answer.found.at = &finding;
    answer.found.len = same(name, "\"ConsoleLogin\"") && same(type, "\"Root\"");
    if (answer.found.len) {
        text time = member(object, "eventTime"), address = member(object, "sourceIPAddress");
        char *columns = (char *)cabi_realloc(0, 0, 1, time.len + address.len + 32), *to = columns;
        put(&to, (text)TEXT("{\"time\":"));
        put(&to, time);
        put(&to, (text)TEXT(",\"address\":"));
        put(&to, address);
        put(&to, (text)TEXT("}"));
        finding.columns = (text){columns, to - columns};
    }
    return &answer;
}
EXPORT("cabi_post_" API "evaluate") void evaluated(void *answer) { used = 0; }
