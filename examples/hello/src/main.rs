//! A first service.
fn main() {}
