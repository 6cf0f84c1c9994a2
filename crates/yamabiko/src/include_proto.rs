//! The macro that brings generated code into a crate.

/// Includes what `yamabiko_compiler::build` generated.
///
/// With the name of a package, its messages, services and clients are in scope
/// where the macro stands; packages that it imports are beside them as modules.
/// A file without a `package` line is the package `"_"`.
///
/// ```ignore
/// yamabiko::include_proto!("hello");
/// // HelloRequest, HelloService, HelloServiceServer, HelloServiceClient …
/// ```
///
/// Without a name, all packages are there as modules, each under its path.
/// This is the form for several packages that share messages: every `include_proto!` makes types
/// of its own.
///
/// ```ignore
/// mod proto {
///     yamabiko::include_proto!();
/// }
/// // proto::shop::v1::Order, proto::money::v1::Amount …
/// ```
///
/// The code itself is in `OUT_DIR`; the command `yamabiko generate` writes the
/// same code to files of your choice.
#[macro_export]
macro_rules! include_proto {
    () => {
        ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/mod.rs"));
    };
    ($package:literal) => {
        ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/", $package, ".rs"));
    };
}

/// Keeps generated code for builds with tokio.
#[cfg(feature = "tokio")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_tokio {
    ($($code:tt)*) => { $($code)* };
}

/// Drops generated code for builds with tokio.
#[cfg(not(feature = "tokio"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_tokio {
    ($($code:tt)*) => {};
}

/// Keeps generated code for builds with the driver for threads.
#[cfg(feature = "blocking")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_blocking {
    ($($code:tt)*) => { $($code)* };
}

/// Drops generated code for builds with the driver for threads.
#[cfg(not(feature = "blocking"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_blocking {
    ($($code:tt)*) => {};
}
