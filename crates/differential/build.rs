//! Compiles the side that calls Debian's library, and lets that library see our stand-ins for the
//! C library's functions: a shared library finds the symbols of the program first.

fn main() {
    println!("cargo::rerun-if-changed=src/original.c");
    println!("cargo::rerun-if-changed=src/standins.c");
    println!("cargo::rerun-if-changed=src/original.h");
    cc::Build::new()
        .files(["src/original.c", "src/standins.c"])
        .warnings(true)
        .extra_warnings(true)
        .define("_FORTIFY_SOURCE", "0")
        .flag("-fno-builtin")
        .link_lib_modifier("+whole-archive")
        .compile("original");
    println!("cargo::rustc-link-arg-bins=-rdynamic");
}
