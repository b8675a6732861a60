//! The bodies of the fuzz targets over their seeds, over seeds with octets
//! changed, and over random octets: bounded, and the same at every run.
#![expect(clippy::print_stdout, reason = "it says how many inputs were run")]

#[path = "../../../fuzz/src/inputs.rs"]
#[expect(unreachable_pub, reason = "the fuzz workspace uses it as a library")]
mod inputs;
#[path = "../../../fuzz/src/store_targets.rs"]
#[expect(unreachable_pub, reason = "the fuzz workspace uses it as a library")]
mod store_targets;

#[test]
fn every_target_holds_over_seeds_and_random_inputs() {
    for (name, target) in store_targets::TARGETS {
        let ran = inputs::run(name, *target);
        println!("{name}: {ran} inputs");
    }
}
