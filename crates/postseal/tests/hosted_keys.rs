//! `postseal serve` with a store: what is made at the first start, and what a node does without it.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use support::Files;
use support::node::Node;

const STORE: &str = "[store]\npath = \"state/postseal.db\"\nkey_encryption_key = \"file:kek\"\n";

#[test]
fn the_first_start_makes_the_store_and_its_key() {
    let mut node = Node::start(Files::new(), STORE);
    node.wait_for_log("kek: a new key-encryption key");
    node.wait_for_log("the store ");
    for name in ["kek", "state/postseal.db"] {
        let mode = fs::metadata(node.path(name)).expect("made").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{name}");
    }
    let key = fs::read(node.path("kek")).expect("there");
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
    assert!(!node.log().iter().any(|line| line.contains(String::from_utf8_lossy(&key).trim())));
}

#[test]
fn a_store_that_cannot_be_opened_is_said_once_and_tried_again() {
    let files = Files::new();
    fs::create_dir(files.path("state")).expect("made");
    fs::write(files.path("state/postseal.db"), "no database, and no key for it").expect("written");
    let mut node = Node::start(files, STORE);
    node.wait_for_log("the key-encryption key cannot be used");
    assert!(!node.path("kek").exists(), "no key is made for a store that is there");
    fs::remove_file(node.path("state/postseal.db")).expect("removed");
    node.wait_for_log("postseal.db is open");
    let said = node.log().iter().filter(|line| line.contains("cannot be used")).count();
    assert_eq!(said, 1, "{:#?}", node.log());
}
