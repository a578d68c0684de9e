//! Links the unwinder into tcpd.
//!
//! Rust's standard library asks for libgcc_s.so.1, of which it uses nothing but the unwinder. Every
//! start would map and relocate it, for each connection anew. So the linker finds a script by that
//! name that stands for the compiler's static parts instead.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(folder.join("libgcc_s.so"), "GROUP ( -lgcc_eh -lgcc )\n")?;
    println!("cargo:rustc-link-search=native={}", folder.display());
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}
