//! Turns each Rust block of the README into a test of its own.
//!
//! The blocks are kept as people read them, without hidden lines: a block of models belongs to all
//! that follow, one with a `main` is a program, and the rest run with `db`, a library of books.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let readme = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../README.md");
    println!("cargo::rerun-if-changed={}", readme.display());
    println!("cargo::rerun-if-changed=build.rs");
    let tests = tests(&fs::read_to_string(readme)?);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("blocks.rs"), tests)?;
    Ok(())
}

fn tests(readme: &str) -> String {
    let mut out = String::new();
    let mut lines = readme.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if line != "```rust" {
            continue;
        }
        let block: Vec<_> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| *line != "```")
            .collect();
        test(&mut out, index + 1, &block.join("\n"));
    }
    out
}

fn test(out: &mut String, line: usize, block: &str) {
    let is_program = block.contains("fn main()");
    // Writing into a string cannot fail.
    let _ = if is_program {
        writeln!(
            out,
            "mod line_{line} {{\n{block}\n#[test]\nfn runs() {{ crate::ended(main()); }}\n}}"
        )
    } else if block.contains("#[derive(Model") {
        writeln!(out, "{block}")
    } else {
        writeln!(
            out,
            "mod line_{line} {{\n#[allow(unused_imports)]\nuse super::*;\n\
             #[allow(unused_variables)]\nasync fn block(db: Database) -> Result<(), Box<dyn std::error::Error>> {{\n\
             {block}\n#[allow(unreachable_code)]\nOk(())\n}}\n\
             #[test]\nfn runs() {{ crate::on_books(block); }}\n}}"
        )
    };
}
