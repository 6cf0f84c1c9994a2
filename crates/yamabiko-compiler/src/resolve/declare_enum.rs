//! Enums and services go into the pool; see `declare`.

use buffa::Enumeration;
use buffa_codegen::generated::descriptor::{
    EnumDescriptorProto, EnumValueDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto,
};

use super::builder::Builder;
use super::declare::join;
use super::pool::{Enum, EnumId, MessageId, Method, MethodId, Service, ServiceId, Value, ValueId};
use super::symbols::Symbol;
use crate::check;
use crate::parse::Part;

impl Builder<'_> {
    pub(super) fn declare_enum(
        &mut self,
        proto: &EnumDescriptorProto,
        parent: Option<MessageId>,
    ) -> EnumId {
        let name = proto.name.clone().unwrap_or_default();
        let full_name = self.full_name(parent, &name);
        self.check_name(&name);
        let id = EnumId::at(self.pool.enums.len());
        self.pool.enums.push(Enum {
            name,
            full_name: full_name.clone(),
            file: self.file,
            parent,
            reserved: proto
                .reserved_range
                .iter()
                .map(|range| (range.start.unwrap_or_default(), range.end.unwrap_or_default()))
                .collect(),
            visibility: proto.visibility.map_or(0, |visibility| visibility.to_i32()),
            ..Enum::default()
        });
        if proto.value.is_empty() {
            self.error(Part::Name, "Enums must contain at least one value.");
        }
        for (index, value) in proto.value.iter().enumerate() {
            let value = self.at(2, index, |this| this.declare_value(value, id));
            self.pool[id].values.push(value);
        }
        for index in 0..proto.reserved_range.len() {
            self.at(4, index, |this| check::enum_reserved_range(this, id, index));
        }
        if proto.options.is_set() {
            self.pend(3, full_name.clone());
        }
        self.add_symbol(&full_name, Symbol::Enum(id));
        check::reserved_in_enum(self, id, proto);
        id
    }

    fn declare_value(&mut self, proto: &EnumValueDescriptorProto, owner: EnumId) -> ValueId {
        let name = proto.name.clone().unwrap_or_default();
        let parent = self.pool[owner].parent;
        // Values are siblings of their enum.
        let full_name = self.full_name(parent, &name);
        self.check_name(&name);
        let id = ValueId::at(self.pool.values.len());
        self.pool.values.push(Value {
            name: name.clone(),
            full_name: full_name.clone(),
            number: proto.number.unwrap_or_default(),
            owner,
            ..Value::default()
        });
        if proto.options.is_set() {
            self.pend(3, full_name.clone());
        }
        let fresh = self.add_symbol(&full_name, Symbol::Value(id));
        if !fresh && self.pool.value_by_name(owner, &name).is_none() {
            let scope = match self.scope(parent) {
                "" => "the global scope".to_owned(),
                scope => format!("\"{scope}\""),
            };
            let owner = self.pool[owner].name.clone();
            let message = format!(
                "Note that enum values use C++ scoping rules, meaning that enum values are \
                 siblings of their type, not children of it.  Therefore, \"{name}\" must be unique \
                 within {scope}, not just within \"{owner}\"."
            );
            let hint = format!("rename it, as in `{}`", check::prefixed_value(&owner, &name));
            self.error_with_hint(Part::Name, message, Some(hint));
        }
        id
    }

    pub(super) fn declare_service(&mut self, proto: &ServiceDescriptorProto) -> ServiceId {
        let name = proto.name.clone().unwrap_or_default();
        let full_name = self.full_name(None, &name);
        self.check_name(&name);
        let id = ServiceId::at(self.pool.services.len());
        self.pool.services.push(Service {
            name,
            full_name: full_name.clone(),
            file: self.file,
            ..Service::default()
        });
        for (index, method) in proto.method.iter().enumerate() {
            let method = self.at(2, index, |this| this.declare_method(method, id));
            self.pool[id].methods.push(method);
        }
        if proto.options.is_set() {
            self.pend(3, full_name.clone());
        }
        self.add_symbol(&full_name, Symbol::Service(id));
        id
    }

    fn declare_method(&mut self, proto: &MethodDescriptorProto, service: ServiceId) -> MethodId {
        let name = proto.name.clone().unwrap_or_default();
        let full_name = join(&self.pool[service].full_name, &name);
        let full_name = self.bounded(full_name, &name);
        self.check_name(&name);
        let id = MethodId::at(self.pool.methods.len());
        self.pool.methods.push(Method {
            name,
            full_name: full_name.clone(),
            service,
            ..Method::default()
        });
        if proto.options.is_set() {
            self.pend(4, full_name.clone());
        }
        self.add_symbol(&full_name, Symbol::Method(id));
        id
    }
}
