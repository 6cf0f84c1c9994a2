//! The messages of `google/rpc/error_details.proto`, as Rust likes them.

use std::collections::BTreeMap;
use std::time::Duration;

use buffa::DecodeError;
use buffa::encoding::Tag;

use super::Detail;
use super::wire::{self, Fields, Kind};

/// Messages: each field with its number.
macro_rules! messages {
    ($(
        $(#[$doc:meta])*
        $name:ident $(as $full_name:literal)? {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $number:literal,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Fields for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(Kind::put(&self.$field, $number, out);)*
            }

            fn take(&mut self, tag: Tag, bytes: &mut &[u8]) -> Result<bool, DecodeError> {
                match tag.field_number() {
                    $($number => Kind::take(&mut self.$field, tag, bytes)?,)*
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }

        $(impl Detail for $name {
            fn full_name() -> &'static str {
                $full_name
            }

            fn encode(&self) -> Vec<u8> {
                wire::encode(self)
            }

            fn decode(bytes: &[u8]) -> Option<Self> {
                wire::decode(bytes).ok()
            }
        })?
    )*};
}

messages! {
    /// What went wrong, for programs: a reason that does not change, within a domain.
    ErrorInfo as "google.rpc.ErrorInfo" {
        /// Why, as a constant in `UPPER_SNAKE_CASE` of at most 63 characters.
        reason: String = 1,
        /// Who defines the reason, such as the name of the service.
        domain: String = 2,
        /// What else is to be known, by name.
        metadata: BTreeMap<String, String> = 3,
    }

    /// When it is worth trying again.
    RetryInfo as "google.rpc.RetryInfo" {
        /// The client should wait at least this long.
        retry_delay: Option<Duration> = 1,
    }

    /// For who mends the server. It goes to the client: keep it out of the public's sight.
    DebugInfo as "google.rpc.DebugInfo" {
        /// Where it happened, innermost first.
        stack_entries: Vec<String> = 1,
        /// What else there is to say.
        detail: String = 2,
    }

    /// Which quotas are exhausted.
    QuotaFailure as "google.rpc.QuotaFailure" {
        /// Each of them.
        violations: Vec<QuotaViolation> = 1,
    }

    /// A quota that is exhausted.
    QuotaViolation {
        /// Whose quota, such as `clientip:192.0.2.7` or `project:hello`.
        subject: String = 1,
        /// What the quota is and where to raise it.
        description: String = 2,
        /// The service that the quota belongs to.
        api_service: String = 3,
        /// What is counted.
        quota_metric: String = 4,
        /// The name of the limit.
        quota_id: String = 5,
        /// Where the limit holds, such as a region.
        quota_dimensions: BTreeMap<String, String> = 6,
        /// The limit.
        quota_value: i64 = 7,
        /// The limit that is being introduced.
        future_quota_value: Option<i64> = 8,
    }

    /// What has to be so first.
    PreconditionFailure as "google.rpc.PreconditionFailure" {
        /// Each of them.
        violations: Vec<PreconditionViolation> = 1,
    }

    /// Something that has to be so first and is not.
    PreconditionViolation {
        /// Of what kind it is, as a constant of the service, such as `TOS`.
        r#type: String = 1,
        /// What it is about.
        subject: String = 2,
        /// What to do about it.
        description: String = 3,
    }

    /// Which fields of the request are wrong.
    BadRequest as "google.rpc.BadRequest" {
        /// Each of them.
        field_violations: Vec<FieldViolation> = 1,
    }

    /// A field of the request that is wrong.
    FieldViolation {
        /// The way to it, such as `author.address[2].street`.
        field: String = 1,
        /// What is wrong.
        description: String = 2,
        /// Why, for programs, as in [`ErrorInfo::reason`].
        reason: String = 3,
        /// What is wrong, for the user.
        localized_message: Option<LocalizedMessage> = 4,
    }

    /// By what the server knows the request.
    RequestInfo as "google.rpc.RequestInfo" {
        /// The request's name in the server's logs.
        request_id: String = 1,
        /// What the server wants to be told when a mistake is reported.
        serving_data: String = 2,
    }

    /// The resource that the error is about.
    ResourceInfo as "google.rpc.ResourceInfo" {
        /// Of what kind it is, such as `sql table`.
        resource_type: String = 1,
        /// Its name.
        resource_name: String = 2,
        /// Whose it is.
        owner: String = 3,
        /// What went wrong with it.
        description: String = 4,
    }

    /// Where to read more.
    Help as "google.rpc.Help" {
        /// Each place.
        links: Vec<Link> = 1,
    }

    /// A place to read more.
    Link {
        /// What is there.
        description: String = 1,
        /// Where it is.
        url: String = 2,
    }

    /// What to tell the user, in the user's language.
    LocalizedMessage as "google.rpc.LocalizedMessage" {
        /// The language, by BCP 47, such as `ja-JP`.
        locale: String = 1,
        /// The words.
        message: String = 2,
    }
}

impl ErrorInfo {
    /// A reason within a domain.
    pub fn new(reason: impl Into<String>, domain: impl Into<String>) -> Self {
        ErrorInfo { reason: reason.into(), domain: domain.into(), ..ErrorInfo::default() }
    }

    /// With something else that is to be known.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }
}

impl RetryInfo {
    /// Worth trying again after so long.
    pub fn after(delay: Duration) -> Self {
        RetryInfo { retry_delay: Some(delay) }
    }
}

impl BadRequest {
    /// One field that is wrong, and what is wrong with it.
    pub fn field(field: impl Into<String>, description: impl Into<String>) -> Self {
        BadRequest::default().and_field(field, description)
    }

    /// And another one.
    #[must_use]
    pub fn and_field(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        let (field, description) = (field.into(), description.into());
        self.field_violations.push(FieldViolation { field, description, ..Default::default() });
        self
    }
}

impl QuotaFailure {
    /// One quota that is exhausted, and what it is.
    pub fn of(subject: impl Into<String>, description: impl Into<String>) -> Self {
        let (subject, description) = (subject.into(), description.into());
        QuotaFailure {
            violations: vec![QuotaViolation { subject, description, ..Default::default() }],
        }
    }
}

impl Help {
    /// One place to read more.
    pub fn link(description: impl Into<String>, url: impl Into<String>) -> Self {
        Help { links: vec![Link { description: description.into(), url: url.into() }] }
    }
}

impl LocalizedMessage {
    /// Words in a language.
    pub fn new(locale: impl Into<String>, message: impl Into<String>) -> Self {
        LocalizedMessage { locale: locale.into(), message: message.into() }
    }
}
