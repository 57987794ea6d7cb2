//! The checkout, and the cargo that runs this program.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// A command that runs cargo in the workspace.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// What a command prints; its own error text where it fails.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let line = format!("{command:?}");
    let output = command
        .output()
        .map_err(|error| format!("cannot start {line}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let text = String::from_utf8_lossy(&output.stderr);
        Err(format!("{line} failed:\n{}", text.trim_end()))
    }
}

/// What cargo knows of the workspace.
pub(crate) struct Workspace(Value);

impl Workspace {
    pub(crate) fn read() -> Result<Self, String> {
        let text = output(cargo([
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--locked",
        ]))?;
        serde_json::from_str(&text)
            .map(Self)
            .map_err(|error| format!("cannot read cargo's metadata: {error}"))
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> PathBuf {
        match self.0["target_directory"].as_str() {
            Some(folder) => folder.into(),
            None => root().join("target"),
        }
    }

    /// The names of the packages that are published.
    pub(crate) fn published(&self) -> Vec<&str> {
        self.packages()
            // `publish = false` is an empty list of registries.
            .filter(|package| {
                package["publish"]
                    .as_array()
                    .is_none_or(|to| !to.is_empty())
            })
            .filter_map(|package| package["name"].as_str())
            .collect()
    }

    /// The features of a package but `default`.
    pub(crate) fn features(&self, name: &str) -> Vec<&str> {
        self.packages()
            .filter(|package| package["name"] == name)
            .filter_map(|package| package["features"].as_object())
            .flat_map(|features| features.keys().map(String::as_str))
            .filter(|feature| *feature != "default")
            .collect()
    }

    fn packages(&self) -> impl Iterator<Item = &Value> {
        self.0["packages"].as_array().into_iter().flatten()
    }
}
