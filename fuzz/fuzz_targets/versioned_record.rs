#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postseal_fuzz::core_targets::versioned_record(data));
