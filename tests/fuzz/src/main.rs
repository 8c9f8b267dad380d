//! The fuzzer: libFuzzer around one of the properties, which `FRACAS_FUZZ` names. Never decides what is right; the properties do.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

#[path = "../properties/mod.rs"]
mod properties;

static PROPERTY: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("FRACAS_FUZZ").unwrap_or_default();
    let found = properties::ALL.iter().find(|(other, _)| *other == name);
    let Some((_, property)) = found else { panic!("FRACAS_FUZZ names none of {:?}", properties::ALL.map(|(name, _)| name)) };
    *property
});

fuzz_target!(|data: &[u8]| PROPERTY(data));
