//! The rules: what each is called, which groups it is in, and what it wants.
//! Names, groups and meaning are buf's, but for those in `BUGS`.

use super::context::Context;
use super::{bugs, documented, files, naming, packages, services};

/// A rule.
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// The groups that it is in; a larger one contains the smaller ones.
    pub groups: &'static [&'static str],
    /// What it wants, in a sentence.
    pub purpose: &'static str,
    pub(super) check: fn(&mut Context<'_>),
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name)
    }
}

const BUGS: &[&str] = &["BUGS"];
const MINIMAL: &[&str] = &["MINIMAL", "BASIC", "STANDARD"];
const BASIC: &[&str] = &["BASIC", "STANDARD"];
const STANDARD: &[&str] = &["STANDARD"];
const COMMENTS: &[&str] = &["COMMENTS"];
const UNARY_RPC: &[&str] = &["UNARY_RPC"];

macro_rules! rules {
    ($($groups:ident $name:ident $check:path, $purpose:literal;)*) => {
        &[$(Rule {
            name: stringify!($name),
            groups: $groups,
            purpose: $purpose,
            check: $check,
        }),*]
    };
}

/// All rules.
pub const RULES: &[Rule] = rules! {
    BUGS REQUIRED_RECURSION bugs::required_recursion,
        "a message does not require itself: none could ever be built";
    MINIMAL DIRECTORY_SAME_PACKAGE packages::directory_same_package,
        "the files of a directory have one package";
    MINIMAL PACKAGE_DEFINED packages::defined,
        "a file has a package";
    MINIMAL PACKAGE_DIRECTORY_MATCH packages::directory_match,
        "a file lies in the directory that its package names";
    MINIMAL PACKAGE_NO_IMPORT_CYCLE packages::no_import_cycle,
        "packages do not import each other in a circle";
    MINIMAL PACKAGE_SAME_DIRECTORY packages::same_directory,
        "the files of a package lie in one directory";
    BASIC ENUM_FIRST_VALUE_ZERO naming::enum_first_value_zero,
        "the first value of an enum is 0";
    BASIC ENUM_NO_ALLOW_ALIAS naming::enum_no_allow_alias,
        "an enum has one name for each value";
    BASIC ENUM_PASCAL_CASE naming::enum_pascal_case,
        "enums are named in PascalCase";
    BASIC ENUM_VALUE_UPPER_SNAKE_CASE naming::enum_value_upper_snake_case,
        "values of enums are named in UPPER_SNAKE_CASE";
    BASIC FIELD_LOWER_SNAKE_CASE naming::field_lower_snake_case,
        "fields are named in lower_snake_case";
    BASIC FIELD_NOT_REQUIRED naming::field_not_required,
        "no field is required: it could never be left out again";
    BASIC IMPORT_NO_PUBLIC files::import_no_public,
        "no import is public";
    BASIC IMPORT_USED files::import_used,
        "every import is needed";
    BASIC MESSAGE_PASCAL_CASE naming::message_pascal_case,
        "messages are named in PascalCase";
    BASIC ONEOF_LOWER_SNAKE_CASE naming::oneof_lower_snake_case,
        "oneofs are named in lower_snake_case";
    BASIC PACKAGE_LOWER_SNAKE_CASE packages::lower_snake_case,
        "packages are named in lower_snake.case";
    BASIC PACKAGE_SAME_CSHARP_NAMESPACE packages::same_csharp_namespace,
        "the files of a package have one csharp_namespace";
    BASIC PACKAGE_SAME_GO_PACKAGE packages::same_go_package,
        "the files of a package have one go_package";
    BASIC PACKAGE_SAME_JAVA_MULTIPLE_FILES packages::same_java_multiple_files,
        "the files of a package have one java_multiple_files";
    BASIC PACKAGE_SAME_JAVA_PACKAGE packages::same_java_package,
        "the files of a package have one java_package";
    BASIC PACKAGE_SAME_PHP_NAMESPACE packages::same_php_namespace,
        "the files of a package have one php_namespace";
    BASIC PACKAGE_SAME_RUBY_PACKAGE packages::same_ruby_package,
        "the files of a package have one ruby_package";
    BASIC PACKAGE_SAME_SWIFT_PREFIX packages::same_swift_prefix,
        "the files of a package have one swift_prefix";
    BASIC RPC_PASCAL_CASE naming::rpc_pascal_case,
        "methods are named in PascalCase";
    BASIC SERVICE_PASCAL_CASE naming::service_pascal_case,
        "services are named in PascalCase";
    BASIC SYNTAX_SPECIFIED files::syntax_specified,
        "a file says its syntax or edition";
    STANDARD ENUM_VALUE_PREFIX naming::enum_value_prefix,
        "the name of a value starts with that of its enum, as they share a scope";
    STANDARD ENUM_ZERO_VALUE_SUFFIX naming::enum_zero_value_suffix,
        "the name of the value 0 ends in _UNSPECIFIED";
    STANDARD FILE_LOWER_SNAKE_CASE files::lower_snake_case,
        "files are named in lower_snake_case.proto";
    STANDARD PACKAGE_VERSION_SUFFIX packages::version_suffix,
        "the name of a package ends in a version, such as .v1";
    STANDARD RPC_REQUEST_RESPONSE_UNIQUE services::request_response_unique,
        "each request and response has a type of its own";
    STANDARD RPC_REQUEST_STANDARD_NAME services::request_standard_name,
        "the request of a method Get is named GetRequest";
    STANDARD RPC_RESPONSE_STANDARD_NAME services::response_standard_name,
        "the response of a method Get is named GetResponse";
    STANDARD SERVICE_SUFFIX services::suffix,
        "the name of a service ends in Service";
    COMMENTS COMMENT_ENUM documented::enums, "enums have comments";
    COMMENTS COMMENT_ENUM_VALUE documented::values, "values of enums have comments";
    COMMENTS COMMENT_FIELD documented::fields, "fields have comments";
    COMMENTS COMMENT_MESSAGE documented::messages, "messages have comments";
    COMMENTS COMMENT_ONEOF documented::oneofs, "oneofs have comments";
    COMMENTS COMMENT_RPC documented::methods, "methods have comments";
    COMMENTS COMMENT_SERVICE documented::services, "services have comments";
    UNARY_RPC RPC_NO_CLIENT_STREAMING services::no_client_streaming,
        "no method takes a stream";
    UNARY_RPC RPC_NO_SERVER_STREAMING services::no_server_streaming,
        "no method answers with a stream";
    NO_GROUP STABLE_PACKAGE_NO_IMPORT_UNSTABLE packages::stable_no_import_unstable,
        "a stable package imports no unstable one";
};

const NO_GROUP: &[&str] = &[];

/// What is checked if nobody says what: real mistakes, and the least that
/// generated code needs.
pub(super) const DEFAULT: &[&str] = &["BUGS", "MINIMAL", "IMPORT_USED"];

/// What `--strict` checks.
pub(super) const STRICT: &[&str] = &["BUGS", "STANDARD"];
