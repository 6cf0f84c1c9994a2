//! How the errors of an application become statuses: by `?`.

use std::borrow::Cow;
use std::error::Error;

use super::{Code, Status};

/// An error that says with which status it ends a call. `?` turns it into that, in a handler:
///
/// ```
/// use std::fmt;
///
/// use yamabiko_core::grpc::{Status, StatusError};
///
/// #[derive(Debug)]
/// enum StoreError {
///     Missing(u64),
///     Disk(std::io::Error),
/// }
///
/// impl StatusError for StoreError {
///     fn status(&self) -> Status {
///         match self {
///             StoreError::Missing(id) => Status::not_found(format!("no book has the number {id}")),
///             StoreError::Disk(_) => Status::internal("the books cannot be read"),
///         }
///     }
/// }
/// # impl fmt::Display for StoreError {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("store") }
/// # }
/// # impl std::error::Error for StoreError {}
///
/// fn title(id: u64) -> Result<String, StoreError> {
///     Err(StoreError::Missing(id))
/// }
///
/// fn handler(id: u64) -> Result<String, Status> {
///     Ok(title(id)?)
/// }
///
/// let status = handler(7).unwrap_err();
/// assert_eq!(status.message(), "no book has the number 7");
/// ```
///
/// The error itself stays behind the status as its [source](Error::source): a server logs it, and
/// the client sees nothing of it but the code and the message.
pub trait StatusError: Error + Send + Sync + 'static {
    /// What the client is told.
    fn status(&self) -> Status;
}

impl<E: StatusError> From<E> for Status {
    fn from(error: E) -> Self {
        error.status().with_source(error)
    }
}

/// For errors that are not yours, and for what is not there: which status they end a call with.
///
/// ```
/// use yamabiko_core::grpc::{Code, OrStatus, Status};
///
/// fn handler(number: &str, titles: &[&str]) -> Result<String, Status> {
///     let number: usize = number.parse().or_status(Code::InvalidArgument, "that is no number")?;
///     let title = titles.get(number).or_status(Code::NotFound, "there is no such book")?;
///     Ok((*title).to_owned())
/// }
///
/// assert_eq!(handler("x", &[]).unwrap_err().code(), Code::InvalidArgument);
/// assert_eq!(handler("7", &[]).unwrap_err().message(), "there is no such book");
/// ```
pub trait OrStatus<T> {
    /// The value, or a status with this code and this message for the client. An error stays
    /// behind the status as its source, which the client does not see.
    ///
    /// # Errors
    /// The status.
    fn or_status(self, code: Code, message: impl Into<Cow<'static, str>>) -> Result<T, Status>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> OrStatus<T> for Result<T, E> {
    fn or_status(self, code: Code, message: impl Into<Cow<'static, str>>) -> Result<T, Status> {
        self.map_err(|error| Status::new(code, message).with_source(error))
    }
}

impl<T> OrStatus<T> for Option<T> {
    fn or_status(self, code: Code, message: impl Into<Cow<'static, str>>) -> Result<T, Status> {
        self.ok_or_else(|| Status::new(code, message))
    }
}
