//! The program. Never more than a call: everything is in the library, where it can be tested.

fn main() {}
