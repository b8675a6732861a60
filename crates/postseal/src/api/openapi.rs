//! The OpenAPI 3.1 description, made of the routes themselves, so that none is without an entry.

use serde_json::{Map, Value, json};

use super::resource::DOMAIN_STATES;
use super::routes::{ROUTES, Route};

/// The whole description.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(methods) = path {
            methods.insert(route.method.to_ascii_lowercase(), operation(route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Postseal",
            "version": "1",
            "description": "What a running node does for organisations, domains and their keys. Served on the control socket, and where the portal listens.",
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "paths": paths,
        "components": { "schemas": schemas() },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": format!("{:?}", route.operation),
        "summary": route.summary,
        "x-right": route.right.as_str(),
        "parameters": parameters(route),
        "responses": {
            route.gives.0.to_string(): response(route.gives.1),
            "default": {
                "description": "Why it was not done",
                "content": { "application/problem+json": { "schema": reference("Problem") } },
            },
        },
    });
    if !route.takes.is_empty() {
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": reference(route.takes) } } });
    }
    operation
}

fn response(schema: &str) -> Value {
    if schema.is_empty() {
        return json!({ "description": "Done" });
    }
    json!({ "description": "Done", "content": { "application/json": { "schema": reference(schema) } } })
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = ["organisation", "domain", "token", "id"]
        .into_iter()
        .filter(|name| route.path.contains(&format!("{{{name}}}")));
    let in_path = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let in_query = route.query.iter().map(|name| {
        let kind = match *name {
            "limit" => json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 }),
            "watch" | "dry_run" => json!({ "type": "boolean", "default": false }),
            "row" | "before" => json!({ "type": "integer", "minimum": 0 }),
            "state" => json!({ "type": "string", "enum": DOMAIN_STATES.iter().map(|(word, _)| *word).collect::<Vec<_>>() }),
            "order" => json!({ "type": "string", "enum": ["name", "-name", "state", "-state", "added", "-added"], "default": "name" }),
            "days" => json!({ "type": "integer", "minimum": 1, "maximum": 400, "default": 30 }),
            _ => json!({ "type": "string" }),
        };
        json!({ "name": name, "in": "query", "schema": kind })
    });
    in_path.chain(in_query).collect()
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn schemas() -> Value {
    // It is a part of the program, and a test reads it.
    serde_json::from_str(SCHEMAS).unwrap_or_default()
}

const SCHEMAS: &str = include_str!("openapi_schemas.json");
