//! The program: parse the command line, run, exit with the verdict's code.
fn main() {}
