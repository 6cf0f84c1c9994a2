//! Which of our drivers a program runs on.

use clap::ValueEnum;

/// A driver, as an argument.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Driver {
    /// The one on tokio
    #[default]
    Tokio,
    /// The one on plain threads
    Blocking,
}
