//! What the bytes of an input are, told by the first of them: text in UTF-8 or UTF-16, plain, gzip or zstd. What is not
//! read is named, with the command that helps.
//!
//! Where bytes come from is left to [`source`](super::source), what the text holds to [`lines`](super::lines).

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::utf16::Utf16;

/// How much of a compressed input is read at once.
const COMPRESSED_BUFFER_BYTES: usize = 256 << 10;

/// Why an input is not read at all.
#[derive(Debug)]
pub(crate) struct Unreadable {
    what: &'static str,
    /// How to read it: what stands before and behind the input's name.
    command: Option<(&'static str, &'static str)>,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for Unreadable {}

impl Unreadable {
    /// A device that gives no text, and never ends.
    pub(crate) const DEVICE: Self = Self { what: "it is a device that gives no events", command: None };
    /// A folder.
    pub(crate) const FOLDER: Self =
        Self { what: "is a directory", command: Some(("find ", " -type f -exec trommel run … {} +")) };
    const TWICE: Self =
        Self { what: "it is compressed twice", command: Some(("gzip -dc ", " | trommel run … (or zstd -dc)")) };
    const TAR: Self = Self { what: "it is a tar archive", command: Some(("tar -xOf ", " | trommel run …")) };

    /// The command that helps with the input of this name.
    pub(crate) fn hint(&self, name: &str) -> Option<String> {
        // A name with other characters would need quotes.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+=:@,".contains(&byte);
        let name = if !name.is_empty() && name.bytes().all(plain) { name } else { "FILE" };
        self.command.map(|(before, behind)| format!("{before}{name}{behind}"))
    }
}

impl From<Unreadable> for io::Error {
    fn from(unreadable: Unreadable) -> Self {
        Self::new(io::ErrorKind::Unsupported, unreadable)
    }
}

/// What bytes are.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Gzip,
    Zstd,
    Utf16 { big: bool },
    Other { what: &'static str, command: Option<(&'static str, &'static str)> },
}

const fn packed(what: &'static str, command: &'static str) -> Kind {
    Kind::Other { what, command: Some((command, " | trommel run …")) }
}

const fn other(what: &'static str) -> Kind {
    Kind::Other { what, command: None }
}

/// The bytes with which each kind begins. Of two that fit, the longer one counts.
const KINDS: [(&[u8], Kind); 40] = [
    (b"\x1F\x8B", Kind::Gzip),
    (b"\x28\xB5\x2F\xFD", Kind::Zstd),
    (b"\xFF\xFE", Kind::Utf16 { big: false }),
    (b"\xFE\xFF", Kind::Utf16 { big: true }),
    (b"{\0", Kind::Utf16 { big: false }),
    (b"[\0", Kind::Utf16 { big: false }),
    (b"\0{", Kind::Utf16 { big: true }),
    (b"\0[", Kind::Utf16 { big: true }),
    (b"\xFF\xFE\0\0", packed("it is UTF-32", "iconv -f UTF-32 -t UTF-8 ")),
    (b"{\0\0\0", packed("it is UTF-32", "iconv -f UTF-32LE -t UTF-8 ")),
    (b"[\0\0\0", packed("it is UTF-32", "iconv -f UTF-32LE -t UTF-8 ")),
    (b"\0\0\xFE\xFF", packed("it is UTF-32", "iconv -f UTF-32 -t UTF-8 ")),
    (b"\0\0\0{", packed("it is UTF-32", "iconv -f UTF-32BE -t UTF-8 ")),
    (b"\0\0\0[", packed("it is UTF-32", "iconv -f UTF-32BE -t UTF-8 ")),
    (b"BZh", packed("it is compressed by bzip2", "bzip2 -dc ")),
    (b"\xFD7zXZ\0", packed("it is compressed by xz", "xz -dc ")),
    (b"]\0\0", packed("it is compressed by lzma", "xz -dc --format=lzma ")),
    (b"LZIP", packed("it is compressed by lzip", "lzip -dc ")),
    (b"\x04\x22\x4D\x18", packed("it is compressed by lz4", "lz4 -dc ")),
    (b"\x02\x21\x4C\x18", packed("it is compressed by lz4", "lz4 -dc ")),
    (b"\x1F\x9D", packed("it is compressed by compress", "uncompress -c ")),
    (b"\x89LZO\0\r\n\x1A\n", packed("it is compressed by lzop", "lzop -dc ")),
    (b"\xFF\x06\0\0sNaPpY", packed("it is compressed by snappy", "snzip -dc ")),
    (b"\x82SNAPPY\0", packed("it is compressed by snappy", "snzip -dc -t snappy-java ")),
    (b"\x78\x01", packed("it is compressed by zlib", "pigz -dz < ")),
    (b"\x78\x9C", packed("it is compressed by zlib", "pigz -dz < ")),
    (b"\x78\xDA", packed("it is compressed by zlib", "pigz -dz < ")),
    (b"PK\x03\x04", packed("it is a zip archive", "unzip -p ")),
    (b"PK\x05\x06", other("it is an empty zip archive")),
    (b"7z\xBC\xAF\x27\x1C", packed("it is a 7z archive", "7z x -so ")),
    (b"Rar!\x1A\x07", packed("it is a rar archive", "unrar p -inul ")),
    (b"PAR1", other("it is a Parquet file, a table of columns; DuckDB's COPY … TO 'out.json' writes it as JSON lines")),
    (b"ORC\0", other("it is an ORC file, a table of columns")),
    (b"Obj\x01", packed("it is an Avro file", "avro-tools tojson ")),
    (b"ElfFile\0", packed("it is a Windows event log", "evtx_dump -o jsonl ")),
    (b"SQLite format 3\0", other("it is an SQLite database")),
    (b"\xD4\xC3\xB2\xA1", packed("it is a packet capture", "tshark -T ek -r ")),
    (b"\x0A\x0D\x0D\x0A", packed("it is a packet capture", "tshark -T ek -r ")),
    (b"\x7FELF", other("it is a program")),
    (b"\0asm", other("it is WebAssembly: a rule is given with --rule")),
];

/// The largest window of a zstd frame: what `zstd -d` takes without being asked.
const ZSTD_WINDOW_BYTES_MAX: u64 = 128 << 20;
/// How a frame goes on that holds no data, in a zstd stream: its first byte is 0x50 to 0x5F.
const ZSTD_SKIPPED: [u8; 3] = [0x2A, 0x4D, 0x18];
/// Where a tar archive is named in its first bytes.
const TAR_AT: usize = 257;

fn kind(head: &[u8]) -> Option<Kind> {
    if head.len() > 3 && head[0] & 0xF0 == 0x50 && head[1..4] == ZSTD_SKIPPED {
        return Some(Kind::Zstd);
    }
    let fitting = KINDS.iter().filter(|(magic, _)| head.starts_with(magic));
    fitting.max_by_key(|(magic, _)| magic.len()).map(|(_, kind)| *kind)
}

/// Whether more bytes could show another kind.
fn is_open(head: &[u8]) -> bool {
    let skipped = (1..4).contains(&head.len()) && head[0] & 0xF0 == 0x50 && ZSTD_SKIPPED.starts_with(&head[1..]);
    skipped || KINDS.iter().any(|(magic, _)| magic.starts_with(head) && magic.len() > head.len())
}

/// Whether a file that begins so is text in UTF-8, as it lies there.
pub(crate) fn is_plain(head: &[u8]) -> bool {
    kind(head).is_none()
}

/// What an input that began with a line of garbage may be.
pub(crate) fn is_tar(head: &[u8]) -> bool {
    head.get(TAR_AT..).is_some_and(|head| head.starts_with(b"ustar"))
}

/// The refusal of a tar archive.
pub(crate) fn tar() -> io::Error {
    Unreadable::TAR.into()
}

type Bytes = Box<dyn Read + Send>;
/// An input as UTF-8.
pub(crate) struct Decoded {
    pub(crate) reader: Bytes,
    /// Whether it is not the input itself: less may have been read than lies ready.
    pub(crate) is_changed: bool,
    /// The input's first byte.
    pub(crate) first: Option<u8>,
}

/// Reads the first bytes, no more than are needed to tell what they are, and perhaps an error behind them.
fn head(reader: &mut impl Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::new();
    while is_open(&head) {
        match reader.take(1).read_to_end(&mut head) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => return (head, Some(error)),
        }
    }
    (head, None)
}

/// Tells what an input is, and reads it as that.
pub(crate) fn decoded(mut input: impl Read + Send + 'static) -> io::Result<Decoded> {
    let (head, error) = head(&mut input);
    if let Some(error) = error {
        return Err(error);
    }
    let first = head.first().copied();
    let kind = kind(&head);
    let whole = Cursor::new(head).chain(input);
    let reader: Bytes = match kind {
        None => Box::new(whole),
        Some(Kind::Utf16 { big }) => Box::new(Utf16::new(whole, big)),
        Some(Kind::Gzip) => text(Gzip::new(whole))?,
        Some(Kind::Zstd) => text(Zstd::new(whole))?,
        Some(Kind::Other { what, command }) => return Err(Unreadable { what, command }.into()),
    };
    Ok(Decoded { reader, is_changed: kind.is_some(), first })
}

/// What was compressed, as UTF-8.
fn text(mut unpacked: impl Read + Send + 'static) -> io::Result<Bytes> {
    let (head, error) = head(&mut unpacked);
    let kind = kind(&head);
    let head = Cursor::new(head);
    // What is broken here was read before it broke.
    let whole: Bytes = match error {
        Some(error) => Box::new(head.chain(Failed(Some(error)))),
        None => Box::new(head.chain(unpacked)),
    };
    match kind {
        None => Ok(whole),
        Some(Kind::Utf16 { big }) => Ok(Box::new(Utf16::new(whole, big))),
        Some(Kind::Gzip | Kind::Zstd) => Err(Unreadable::TWICE.into()),
        Some(Kind::Other { what, .. }) => Err(Unreadable { what, command: None }.into()),
    }
}

/// A reader that has failed already.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Unpacks gzip, member by member. Zeros behind the last one are no error: tapes and block devices leave them.
pub(crate) struct Gzip<R> {
    member: Option<GzDecoder<BufReader<R>>>,
    /// Between two members.
    between: Option<BufReader<R>>,
}

impl<R: Read> Gzip<R> {
    pub(crate) fn new(packed: R) -> Self {
        let packed = BufReader::with_capacity(COMPRESSED_BUFFER_BYTES, packed);
        Self { member: Some(GzDecoder::new(packed)), between: None }
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(member) = &mut self.member {
                let read = member.read(buffer)?;
                if read > 0 {
                    return Ok(read);
                }
                self.between = self.member.take().map(GzDecoder::into_inner);
            }
            let Some(between) = &mut self.between else { return Ok(0) };
            match skip_zeros(between)? {
                None => return Ok(0),
                Some(0x1F) => self.member = self.between.take().map(GzDecoder::new),
                Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "garbage behind the gzip data")),
            }
        }
    }
}

/// The first byte that is no zero, which is not consumed.
fn skip_zeros(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let found = bytes.get(zeros).copied();
        reader.consume(zeros);
        if found.is_some() {
            return Ok(found);
        }
    }
}

/// Unpacks zstd, frame by frame. The decoder holds back the frame's window until its end.
struct Zstd<R> {
    packed: BufReader<R>,
    decoder: FrameDecoder,
    is_in_frame: bool,
}

impl<R: Read> Zstd<R> {
    fn new(packed: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW_BYTES_MAX);
        Self { packed: BufReader::with_capacity(COMPRESSED_BUFFER_BYTES, packed), decoder, is_in_frame: false }
    }

    /// Begins the next frame. Answers whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.packed.fill_buf()?.is_empty() {
            let mut magic = [0; 4];
            self.packed.read_exact(&mut magic)?;
            if magic[0] & 0xF0 == 0x50 && magic[1..] == ZSTD_SKIPPED {
                let mut len = [0; 4];
                self.packed.read_exact(&mut len)?;
                let len = u64::from(u32::from_le_bytes(len));
                if io::copy(&mut self.packed.by_ref().take(len), &mut io::sink())? < len {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                continue;
            }
            // The decoder reads the magic number itself.
            self.decoder.init(Cursor::new(magic).chain(&mut self.packed)).map_err(io::Error::other)?;
            self.is_in_frame = true;
            return Ok(true);
        }
        Ok(false)
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.is_in_frame || self.begin()? {
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let decoded = self.decoder.decode_blocks(&mut self.packed, BlockDecodingStrategy::UptoBlocks(1));
                decoded.map_err(io::Error::other)?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            self.is_in_frame = false;
            let sum = self.decoder.get_checksum_from_data();
            if sum.is_some() && sum != self.decoder.get_calculated_checksum() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the check sum of the zstd data is wrong"));
            }
        }
        Ok(0)
    }
}
