//! A header field, classified once.
