//! See the library.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    safe_finger::main()
}
