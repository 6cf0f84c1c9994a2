//! The yamabiko command.
fn main() {}
