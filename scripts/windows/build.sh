#!/usr/bin/env bash
# Builds swyxtrace.exe on Debian and prints its path. Needs gcc-mingw-w64-x86-64, and the standard library for Windows:
# from rustup where its target is installed, else built from source with Debian's rustc-web, cargo-web, rust-web-src.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=x86_64-pc-windows-gnu
out=${CARGO_TARGET_DIR:-target}/windows
export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc

command -v x86_64-w64-mingw32-gcc >/dev/null || {
    echo "x86_64-w64-mingw32-gcc is missing: apt-get install gcc-mingw-w64-x86-64" >&2
    exit 3
}
profile=${SWYXTRACE_WINDOWS_PROFILE:-release}
if [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
    cargo build --quiet --profile "$profile" --target "$target" --target-dir "$out" --bin swyxtrace >&2
elif [ -x /usr/bin/cargo ] && compgen -G '/usr/src/rustc-*/library' >/dev/null; then
    # A rustup cargo earlier on PATH must not shadow Debian's.
    RUSTC_BOOTSTRAP=1 PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc /usr/bin/cargo build --quiet --profile "$profile" \
        -Z build-std=std,panic_abort --target "$target" --target-dir "$out" --bin swyxtrace >&2
else
    echo "no standard library for $target: rustup target add $target, or apt-get install rustc-web cargo-web rust-web-src" >&2
    exit 3
fi
[ "$profile" = dev ] && profile=debug
printf '%s\n' "$out/$target/$profile/swyxtrace.exe"
