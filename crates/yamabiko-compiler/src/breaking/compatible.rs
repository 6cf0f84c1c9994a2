//! Which changes of a field old and new peers do not notice.
//!
//! <https://protobuf.dev/programming-guides/proto3/#updating>, as far as buf
//! follows it: enums and integers are kept apart, as an enum may be closed.

use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;

use super::api::{Api, Cardinality, Field};

/// Whether the bytes of values of one type mean the same in the other.
pub(super) fn on_the_wire(before: Type, after: Type) -> bool {
    /// Types with the same number write each other's values.
    fn group(kind: Type) -> usize {
        match kind {
            Type::TYPE_INT32
            | Type::TYPE_INT64
            | Type::TYPE_UINT32
            | Type::TYPE_UINT64
            | Type::TYPE_BOOL => 0,
            Type::TYPE_SINT32 | Type::TYPE_SINT64 => 1,
            Type::TYPE_FIXED32 | Type::TYPE_SFIXED32 => 2,
            Type::TYPE_FIXED64 | Type::TYPE_SFIXED64 => 3,
            other => 4 + other as usize,
        }
    }
    group(before) == group(after) || (before == Type::TYPE_STRING && after == Type::TYPE_BYTES)
}

/// Whether that holds in JSON, too, where 64 bits are written as strings.
pub(super) fn in_json(before: Type, after: Type) -> bool {
    let pair = |one, other| (before, after) == (one, other) || (after, before) == (one, other);
    before == after
        || pair(Type::TYPE_INT32, Type::TYPE_UINT32)
        || pair(Type::TYPE_INT64, Type::TYPE_UINT64)
        || pair(Type::TYPE_FIXED32, Type::TYPE_SFIXED32)
        || pair(Type::TYPE_FIXED64, Type::TYPE_SFIXED64)
}

/// Whether the messages or enums that two fields hold stand for each other: the
/// same one, or an enum of the same name with no fewer values.
pub(super) fn named(before: (&Api<'_>, &Field<'_>), after: (&Api<'_>, &Field<'_>)) -> bool {
    let (old, new) = (before.1.type_name(), after.1.type_name());
    if old == new {
        return true;
    }
    let short = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let (Some(old_enum), Some(new_enum)) = (before.0.enums.get(old), after.0.enums.get(new)) else {
        return false;
    };
    short(old) == short(new)
        && old_enum.values.iter().all(|(number, names)| {
            let has = |name| new_enum.values[number].iter().any(|(other, _)| *other == name);
            new_enum.values.contains_key(number) && names.iter().all(|(name, _)| has(*name))
        })
}

/// Whether old and new bytes are as many values.
pub(super) fn as_many_on_the_wire(before: Cardinality, after: Cardinality) -> bool {
    let class = |cardinality| match cardinality {
        Cardinality::Required => 0,
        Cardinality::Explicit | Cardinality::Implicit => 1,
        Cardinality::Repeated | Cardinality::Map => 2,
    };
    class(before) == class(after)
}

/// Whether that holds in JSON, where a map is an object.
pub(super) fn as_many_in_json(before: Cardinality, after: Cardinality) -> bool {
    as_many_on_the_wire(before, after)
        && (before == Cardinality::Map) == (after == Cardinality::Map)
}
