//! What the suite needs beside cargo.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::step::Run;

/// A program that needs the compiler, the linker and the C library's headers.
const PROGRAM: &str =
    "#include <stdio.h>\nint main(void) { puts(\"a C compiler works\"); return 0; }\n";

/// Compiles and runs a C program: the SQLite backend builds SQLite from its source.
pub(super) fn c_compiler(run: &mut Run<'_>, target: &Path) -> Result<(), String> {
    let folder = target.join("xtask");
    let source = folder.join("probe.c");
    let program = folder.join("probe");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&source, PROGRAM))
        .map_err(|error| format!("cannot write {}: {error}", source.display()))?;
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut words = compiler.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("cc"));
    command.args(words).arg(&source).arg("-o").arg(&program);
    run.command(command).map_err(|error| {
        format!(
            "a C compiler with its headers is needed to build SQLite: {error}; install one, on \
             Debian or Ubuntu with `apt-get install gcc libc6-dev`"
        )
    })?;
    run.command(Command::new(program))
}
