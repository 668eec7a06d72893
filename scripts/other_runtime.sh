# Sourced after env.sh by what needs the compiled runtime with another feature than the node has it with.
# shellcheck shell=bash

# other_runtime FEATURE VARIABLE: builds the runtime with this feature and leaves the path of the result in the variable.
#
# The runtime alone, from the project that the everyday build makes for it: the native crates need not be built a second
# time, nor what the runtime depends on. That build must have been done. The compiler writes to the same file as there. So
# what it has written is taken away, and what was there before is put back, which cargo takes for the everyday one.
other_runtime() {
	local feature=$1 project=$CARGO_TARGET_DIR/debug/wbuild/millrace-runtime scratch built result file code=0 toolchain=()
	built=$project/target/wasm32v1-none/release
	result=$CARGO_TARGET_DIR/millrace-runtimes/$feature.wasm
	scratch=$(mktemp -d)
	cp -r "$project/Cargo.toml" "$project/Cargo.lock" "$project/src" "$scratch/"
	sed -i "s/^features = \[\]\$/features = [\"$feature\"]/" "$scratch/Cargo.toml"
	grep -q "\"$feature\"" "$scratch/Cargo.toml" || { fail "the WASM project in $project is not as expected" "Look at how this script edits its Cargo.toml."; return 1; }
	[ -z "${WASM_BUILD_TOOLCHAIN:-}" ] || toolchain=("+$WASM_BUILD_TOOLCHAIN")
	mkdir -p "$scratch/everyday/deps" "${result%/*}"
	for file in millrace_runtime.wasm deps/millrace_runtime.wasm; do
		[ ! -e "$built/$file" ] || cp -p "$built/$file" "$scratch/everyday/$file"
	done
	quietly "built the runtime with $feature" env -u CARGO_ENCODED_RUSTFLAGS -u RUSTC SKIP_WASM_BUILD= CARGO_TARGET_DIR="$project/target" \
		RUSTFLAGS="-C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory --cfg substrate_runtime" \
		cargo "${toolchain[@]}" rustc --target=wasm32v1-none --manifest-path="$scratch/Cargo.toml" --profile release || code=$?
	[ "$code" -ne 0 ] || cp "$built/millrace_runtime.wasm" "$result" || code=$?
	for file in millrace_runtime.wasm deps/millrace_runtime.wasm; do
		[ ! -e "$scratch/everyday/$file" ] || cp -p --remove-destination "$scratch/everyday/$file" "$built/$file"
	done
	rm -rf "$scratch"
	export "$2=$result"
	return "$code"
}
