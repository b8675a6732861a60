//! YAML suites, read as JSON values.

use std::path::Path;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// The documents of a YAML file, in order.
pub fn documents(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let documents = Yaml::load_from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    documents.iter().map(value).collect()
}

fn value(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(truth) => Value::from(*truth),
            Scalar::Integer(number) => Value::from(*number),
            Scalar::FloatingPoint(number) => Value::from(number.into_inner()),
            Scalar::String(text) => Value::from(text.as_ref()),
        },
        Yaml::Representation(text, ..) => Value::from(text.as_ref()),
        Yaml::Sequence(nodes) => nodes.iter().map(value).collect(),
        Yaml::Mapping(entries) => Value::Object(entries.iter().map(entry).collect::<Map<_, _>>()),
        Yaml::Tagged(_, node) => value(node),
        Yaml::Alias(_) | Yaml::BadValue => panic!("unreadable node {node:?}"),
    }
}

fn entry((key, node): (&Yaml<'_>, &Yaml<'_>)) -> (String, Value) {
    match value(key) {
        Value::String(key) => (key, value(node)),
        key => (key.to_string(), value(node)),
    }
}
