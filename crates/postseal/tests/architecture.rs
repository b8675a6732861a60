//! ARCHITECTURE.md and docs/dependencies.md are maps; a map that nobody checks goes stale.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[test]
fn every_path_named_in_the_map_exists() {
    let map = read("ARCHITECTURE.md");
    let paths: Vec<&str> = code_spans(&map).filter(|span| looks_like_a_path(span)).collect();
    assert!(paths.len() >= 10, "the map names too few paths to be one: {paths:?}");
    let missing: Vec<&&str> = paths.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names what is not there: {missing:?}");
}

#[test]
fn every_crate_is_on_the_map() {
    let map = read("ARCHITECTURE.md");
    for package in packages() {
        let line = format!("| `crates/{}` |", package.name);
        assert!(map.contains(&line), "ARCHITECTURE.md has no line {line}");
    }
}

#[test]
fn dependencies_between_our_crates_point_one_way() {
    let check = |name: &str, allowed: &[&str]| {
        let Some(package) = packages().into_iter().find(|p| p.name == name) else { return };
        let ours: Vec<&String> =
            package.dependencies.iter().filter(|d| d.starts_with("postseal") && *d != name).collect();
        let wrong: Vec<_> = ours.iter().filter(|d| !allowed.contains(&d.as_str())).collect();
        assert!(wrong.is_empty(), "{name} may use {allowed:?}, and uses {wrong:?}");
    };
    check("postseal-core", &[]);
    check("postseal-milter", &[]);
    check("postseal-dns", &["postseal-core"]);
    check("postseal-store", &["postseal-core"]);
    check("postseal", &["postseal-core", "postseal-milter", "postseal-dns", "postseal-store"]);
}

#[test]
fn the_core_knows_no_runtime_no_resolver_and_no_database() {
    let tree = linked_into("postseal-core");
    let family = |name: &str| name.split('-').next().unwrap_or(name).to_owned();
    let outsiders: Vec<&String> = tree
        .iter()
        .filter(|name| *name != "postseal-core" && EDGES.contains(&family(name).as_str()))
        .collect();
    assert!(outsiders.is_empty(), "postseal-core is built on {outsiders:?}");
}

/// The first word of each crate that belongs to the edges; ours count too.
const EDGES: [&str; 10] =
    ["postseal", "tokio", "futures", "async", "mio", "hickory", "sqlx", "rusqlite", "tracing", "log"];

#[test]
fn the_core_stays_light() {
    // Proc macros run in the compiler and are not counted.
    let tree = linked_into("postseal-core");
    assert!(tree.len() <= 40, "{} crates are linked into the core: {tree:?}", tree.len());
}

#[test]
fn only_the_dns_crate_knows_hickory() {
    for package in packages().iter().filter(|p| p.name != "postseal-dns") {
        let hickory = package.dependencies.iter().find(|d| d.starts_with("hickory"));
        assert_eq!(hickory, None, "{} uses hickory itself", package.name);
    }
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let document = read("docs/dependencies.md");
    let table = document.split("\n## ").next().expect("a first part");
    let named: BTreeSet<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|first| !["crate", "---"].contains(first))
        .collect();
    let packages = packages();
    let used: BTreeSet<&str> = packages
        .iter()
        .flat_map(|p| p.dependencies.iter().map(String::as_str))
        .filter(|d| !d.starts_with("postseal"))
        .collect();
    let unexplained: Vec<_> = used.difference(&named).collect();
    assert!(unexplained.is_empty(), "used, but without a line in docs/dependencies.md: {unexplained:?}");
    let unused: Vec<_> = named.difference(&used).collect();
    assert!(unused.is_empty(), "in docs/dependencies.md, but no crate uses them: {unused:?}");
}

struct Package {
    name: String,
    /// Direct dependencies of every kind, by the name in the registry.
    dependencies: BTreeSet<String>,
}

fn packages() -> Vec<Package> {
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let metadata: Value = serde_json::from_str(&output).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages.iter().map(package).collect()
}

fn package(package: &Value) -> Package {
    let text = |value: &Value| value.as_str().expect("a name").to_owned();
    let dependencies = package["dependencies"].as_array().expect("dependencies");
    Package {
        name: text(&package["name"]),
        dependencies: dependencies.iter().map(|dependency| text(&dependency["name"])).collect(),
    }
}

/// The names of all crates that are linked into `package`, itself included.
fn linked_into(package: &str) -> BTreeSet<String> {
    let output = cargo(&[
        "tree",
        "--package",
        package,
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--offline",
    ]);
    output.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo built this test, so it can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?} failed: {errors}");
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

/// What stands between single back quotes outside fenced blocks.
fn code_spans(markdown: &str) -> impl Iterator<Item = &str> {
    markdown.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2))
}

fn looks_like_a_path(span: &str) -> bool {
    const TOP: [&str; 6] = ["crates/", "docs/", "scripts/", "tests/", "bench/", "fuzz/"];
    TOP.iter().any(|top| span.starts_with(top))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
