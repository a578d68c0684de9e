//! Compiles the C part. It becomes part of the static library; `link` makes the shared one of that.

use std::env;
use std::error::Error;
use std::path::PathBuf;

use system::settings::{ALLOW_SEVERITY, HOSTS_ALLOW, HOSTS_DENY, RFC931_TIMEOUT};

/// One object each, so that a program which is linked statically may bring its own of each function.
const SOURCES: [&str; 5] = ["data", "calls", "shell_cmd", "clean_exit", "rfc931"];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let quoted = |text: &str| format!("\"{text}\"");
    let mut shim = cc::Build::new();
    for source in SOURCES {
        let path = format!("shim/{source}.c");
        println!("cargo::rerun-if-changed={path}");
        shim.file(path);
    }
    for header in ["shim/wrap.h", "include/tcpd.h"] {
        println!("cargo::rerun-if-changed={header}");
    }
    shim.include("include")
        .define("HOSTS_ALLOW", quoted(HOSTS_ALLOW).as_str())
        .define("HOSTS_DENY", quoted(HOSTS_DENY).as_str())
        .define("RFC931_TIMEOUT", RFC931_TIMEOUT.to_string().as_str())
        .define("SEVERITY", ALLOW_SEVERITY.level.0.to_string().as_str())
        .flag("-fstack-protector-strong")
        .flag("-fexceptions")
        .warnings(true)
        .extra_warnings(true)
        .warnings_into_errors(true)
        .cargo_metadata(false)
        .try_compile("wrapshim")?;
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=wrapshim");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
