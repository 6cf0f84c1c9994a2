//! The name of a descriptor, which the format allows to be absent.

use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
};

/// Whatever a `.proto` file gives a name.
pub(crate) trait Named {
    /// The name; empty if there is none.
    fn name(&self) -> &str;
}

macro_rules! named {
    ($($descriptor:ty),* $(,)?) => {
        $(impl Named for $descriptor {
            fn name(&self) -> &str {
                self.name.as_deref().unwrap_or_default()
            }
        })*
    };
}

named!(
    DescriptorProto,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    OneofDescriptorProto,
    ServiceDescriptorProto,
);
