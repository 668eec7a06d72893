#!/usr/bin/env bash
# Finds or installs what the build needs. Idempotent; asks for root only when something is missing.
#
#   scripts/setup.sh            what building and running needs
#   scripts/setup.sh --tests    also what scripts/test.sh needs
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

RUST_MIN=1.95
NEXTEST_VERSION=0.9.143
DENY_VERSION=0.20.2
PTXAS_VERSION=12.9.86
tests=no
for argument in "$@"; do
	case $argument in
	--tests) tests=yes ;;
	-h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*) fail "unknown argument $argument" "See scripts/setup.sh --help"; exit 2 ;;
	esac
done

debian=no
if command -v apt-get >/dev/null && [ -r /etc/os-release ]; then
	# shellcheck source=/dev/null
	debian=$(. /etc/os-release; case "${ID:-} ${ID_LIKE:-}" in *debian*) echo yes ;; *) echo no ;; esac)
fi

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "root is needed for: $*" "Run that command as root, then run this script again."
		exit 1
	fi
}

apt_updated=no
apt_install() {
	if [ "$debian" != yes ]; then
		fail "missing: $*" "This script installs on Debian 12 or later. Elsewhere install the equivalents of these packages, then run it again."
		exit 1
	fi
	if [ "$apt_updated" = no ]; then
		quietly "package lists" as_root apt-get update
		apt_updated=yes
	fi
	quietly "installed $*" as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# unpack PACKAGE: puts a Debian package where only these scripts look. Installed, it would start its service.
unpack() {
	local scratch code=0
	scratch=$(mktemp -d)
	chmod 755 "$scratch"
	(cd "$scratch" && { apt-get download "$1" || { as_root apt-get update && apt-get download "$1"; }; } && dpkg -x ./*.deb "$MILLRACE_UNPACKED") || code=$?
	rm -rf "$scratch"
	return "$code"
}

# 1. Compilers and generators.
missing=()
command -v gcc >/dev/null || missing+=(gcc)
command -v g++ >/dev/null || missing+=(g++)
command -v make >/dev/null || missing+=(make)
command -v perl >/dev/null || missing+=(perl)
command -v git >/dev/null || missing+=(git)
command -v curl >/dev/null || missing+=(curl ca-certificates)
command -v protoc >/dev/null || missing+=(protobuf-compiler)
if [ "${#missing[@]}" -gt 0 ]; then
	apt_install "${missing[@]}"
fi
ok "gcc, g++, make, perl, git, curl, protoc"

# 2. Rust.
if ! command -v cargo >/dev/null; then
	apt_install rustc-web cargo-web
fi
version=$(rustc --version | awk '{print $2}')
if [ "$(printf '%s\n%s\n' "$RUST_MIN" "$version" | sort -V | head -n 1)" != "$RUST_MIN" ]; then
	fail "Rust $version is too old: $RUST_MIN or later is needed" "Run: rustup update stable"
	exit 1
fi
ok "Rust $version"

# 3. The runtime's WASM target: from rustup where its servers can be reached, else by Debian's compiler.
debian_wasm_target() {
	local scratch
	if ! /usr/bin/rustc --version >/dev/null 2>&1 || ! /usr/bin/rust-lld -flavor wasm --version >/dev/null 2>&1 || [ ! -d /usr/lib/rustlib/src/rust/library ]; then
		local llvm
		apt_install rustc-web cargo-web rust-web-src rust-web-llvm
		# Debian ships rust-lld as a link into the linker package of the LLVM that its rustc was built with.
		llvm=$(readlink /usr/bin/rust-lld || true)
		[ -z "$llvm" ] || apt_install "$llvm"
	fi
	scratch=$(mktemp -d)
	mkdir "$scratch/src"
	printf '[package]\nname = "std"\nversion = "0.0.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n[profile.release]\npanic = "abort"\n[workspace]\n' >"$scratch/Cargo.toml"
	printf '#![no_std]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! {\n\tloop {}\n}\n' >"$scratch/src/lib.rs"
	# Debian has no libraries for this target: they are built from its own source package. Without embedded bitcode the
	# link-time optimisation of the runtime fails.
	quietly "built the WASM libraries of Debian's Rust" env -u RUSTUP_TOOLCHAIN CARGO_TARGET_DIR="$scratch/target" RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc \
		RUSTFLAGS=-Cembed-bitcode=yes /usr/bin/cargo build --manifest-path "$scratch/Cargo.toml" --release --target wasm32v1-none -Zbuild-std=core,alloc
	as_root mkdir -p /usr/lib/rustlib/wasm32v1-none/lib
	as_root rm -f /usr/lib/rustlib/wasm32v1-none/lib/lib{core,alloc,compiler_builtins}-*.rlib
	as_root cp "$scratch"/target/wasm32v1-none/release/deps/lib{core,alloc,compiler_builtins}-*.rlib /usr/lib/rustlib/wasm32v1-none/lib/
	rm -rf "$scratch"
	# Objects built against the old libraries fail with "can't find crate".
	rm -rf "$CARGO_TARGET_DIR"/*/wbuild
}
if has_wasm_target rustc; then
	ok "WASM target: of the default toolchain"
elif [ -n "${WASM_BUILD_TOOLCHAIN:-}" ] && has_wasm_target rustc "+$WASM_BUILD_TOOLCHAIN"; then
	ok "WASM target: of toolchain $WASM_BUILD_TOOLCHAIN"
elif command -v rustup >/dev/null && timeout 120 rustup target add wasm32v1-none >/dev/null 2>&1 && has_wasm_target rustc; then
	ok "WASM target: added by rustup"
elif [ "$debian" = yes ]; then
	has_wasm_target /usr/bin/rustc && /usr/bin/rust-lld -flavor wasm --version >/dev/null 2>&1 || debian_wasm_target
	if command -v rustup >/dev/null; then
		rustup toolchain link "$MILLRACE_WASM_TOOLCHAIN" /usr
		ok "WASM target: Debian's compiler, linked as toolchain $MILLRACE_WASM_TOOLCHAIN (rustup's servers were not reached)"
	else
		ok "WASM target: Debian's compiler"
	fi
else
	fail "the Rust target wasm32v1-none is missing and rustup could not add it" "Run: rustup target add wasm32v1-none"
	exit 1
fi

# 4. Room to build.
mkdir -p "$CARGO_TARGET_DIR"
free_kib=$(df -Pk "$CARGO_TARGET_DIR" | awk 'NR == 2 {print $4}')
if [ "$free_kib" -lt $((12 * 1024 * 1024)) ] && [ ! -x "$MILLRACE_BIN/millrace-node" ]; then
	fail "only $((free_kib / 1024 / 1024)) GiB free in $CARGO_TARGET_DIR; a first build needs 12" "Free some, or point CARGO_TARGET_DIR to another disk."
	exit 1
fi
ok "build directory $CARGO_TARGET_DIR ($((free_kib / 1024 / 1024)) GiB free)"

# 5. Test tools.
if [ "$tests" = yes ]; then
	cargo nextest --version >/dev/null 2>&1 || quietly "installed cargo-nextest (minutes)" cargo install --locked cargo-nextest --version "$NEXTEST_VERSION"
	cargo deny --version >/dev/null 2>&1 || quietly "installed cargo-deny (minutes)" cargo install --locked cargo-deny --version "$DENY_VERSION"
	cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 ||
		{ fail "rustfmt or clippy is missing" "Run: rustup component add rustfmt clippy"; exit 1; }
	ok "nextest, deny, rustfmt, clippy"
	# PTX is checked on machines without a GPU too: by the assembler that the CUDA toolkit has, from its Python wheel.
	if [ -z "${MILLRACE_PTXAS:-}" ] && ! command -v ptxas >/dev/null; then
		command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || apt_install python3 python3-pip
		quietly "installed ptxas $PTXAS_VERSION" python3 -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
			--target "$MILLRACE_PTXAS_HOME" "nvidia-cuda-nvcc-cu12==$PTXAS_VERSION"
	fi
	ok "ptxas"
	# They read the files of ops/. The tests say what they leave out without them.
	for program in prometheus prometheus-node-exporter; do
		if command -v "$program" >/dev/null || { [ "$debian" = yes ] && quietly "unpacked $program" unpack "$program"; }; then
			ok "$program"
		else
			say "..      without $program: part of the tests of ops/ is left out"
		fi
	done
fi
