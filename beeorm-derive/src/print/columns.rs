use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Type, Visibility, ext::IdentExt};

use super::{moved, printed, under};
use crate::model::{EmbeddedModel, EntityModel, Field, Kind};

/// The struct of an entity's typed column names, and its name.
pub(super) fn of_entity(model: &EntityModel<'_>, p: &TokenStream) -> (Ident, TokenStream) {
    let ident = model.ident;
    let fields = fields(ident, &model.fields, &ident.to_token_stream(), p);
    declare(ident, model.visibility, &TokenStream::new(), &fields, p)
}

/// The same of an embedded struct, for whatever entity holds it.
pub(super) fn of_embedded(model: &EmbeddedModel<'_>, p: &TokenStream) -> (Ident, TokenStream) {
    let fields = fields(model.ident, &model.fields, &quote!(__E), p);
    declare(model.ident, model.visibility, &quote!(<__E>), &fields, p)
}

/// The name of the struct of column names.
pub(super) fn name_of(ident: &Ident) -> Ident {
    format_ident!(
        "{}Columns",
        ident.unraw(),
        span = ident.span().resolved_at(Span::call_site())
    )
}

/// Declares a struct of column names.
pub(super) fn declare(
    ident: &Ident,
    visibility: &Visibility,
    generics: &TokenStream,
    fields: &TokenStream,
    p: &TokenStream,
) -> (Ident, TokenStream) {
    let name = name_of(ident);
    let visibility = printed_tokens(visibility.to_token_stream(), None);
    let doc = format!("The columns of [`{}`].", ident.unraw());
    let text = name.to_string();
    let declared = quote! {
        #[doc = #doc]
        #visibility struct #name #generics { #fields }

        #[automatically_derived]
        impl #generics #p::Debug for #name #generics {
            fn fmt(&self, __formatter: &mut #p::Formatter<'_>) -> #p::FmtResult {
                __formatter.write_str(#text)
            }
        }
    };
    (name, declared)
}

fn fields(
    ident: &Ident,
    fields: &[Field<'_>],
    entity: &TokenStream,
    p: &TokenStream,
) -> TokenStream {
    let fields = fields.iter().filter_map(|field| {
        let holds = match &field.kind {
            Kind::Skipped => return None,
            Kind::Embedded { .. } => Holds::Embedded,
            Kind::Json { .. } if field.shape.optional => Holds::NullableJson,
            Kind::Json { .. } => Holds::Json,
            Kind::Column(_) => Holds::Value,
        };
        Some(declare_field(
            ident,
            field.ident,
            field.visibility,
            field.ty,
            holds,
            entity,
            p,
        ))
    });
    quote!(#(#fields)*)
}

/// What a field's column holds, as far as the type of its name goes.
pub(super) enum Holds {
    Value,
    Json,
    NullableJson,
    Embedded,
}

/// One field of a struct of column names.
pub(super) fn declare_field(
    of: &Ident,
    ident: &Ident,
    visibility: &Visibility,
    ty: &Type,
    holds: Holds,
    entity: &TokenStream,
    p: &TokenStream,
) -> TokenStream {
    let visibility = printed_tokens(visibility.to_token_stream(), None);
    // `Self` is the entity where the user wrote it, and would be the struct of columns here.
    let ty_tokens = printed_tokens(ty.to_token_stream(), Some(of));
    let (span, at_type) = under(ty, p);
    let (what, ty) = match holds {
        Holds::Embedded => (
            "columns",
            quote_spanned!(span=> <#ty_tokens as #at_type::Embedded>::Columns<#entity>),
        ),
        Holds::Value => ("column", quote!(#p::ColumnName<#entity, #ty_tokens>)),
        Holds::Json => (
            "column",
            quote!(#p::ColumnName<#entity, #p::json::Json<#ty_tokens>>),
        ),
        Holds::NullableJson => (
            "column",
            quote!(#p::ColumnName<#entity, <#ty_tokens as #p::NullableJson>::Column>),
        ),
    };
    let doc = format!("The {what} of `{}`.", ident.unraw());
    let ident = printed(ident);
    quote! {
        #[doc = #doc]
        #visibility #ident: #ty,
    }
}

/// The expression that makes the struct of column names, its first column at `start`.
pub(super) fn values(
    fields: &[Field<'_>],
    name: &Ident,
    start: &TokenStream,
    p: &TokenStream,
) -> TokenStream {
    let mut before: Vec<&Field<'_>> = Vec::new();
    let values = fields
        .iter()
        .filter(|field| !matches!(field.kind, Kind::Skipped))
        .map(|field| {
            let (ident, ty) = (field.ident, field.ty);
            let position = position(start, &before, p);
            before.push(field);
            match field.kind {
                Kind::Embedded { .. } => {
                    let (span, p) = under(ty, p);
                    quote_spanned!(span=> #ident: <#ty as #p::Embedded>::columns_at(#position),)
                }
                _ => quote!(#ident: #p::ColumnName::at(#position),),
            }
        });
    let values: TokenStream = values.collect();
    quote!(#name { #values })
}

/// How many columns the fields have together.
pub(super) fn width(fields: &[Field<'_>], p: &TokenStream) -> TokenStream {
    let fields: Vec<_> = fields.iter().collect();
    position(&quote!(0), &fields, p)
}

/// The place after the fields: a number, and the widths of the embedded structs among them.
fn position(start: &TokenStream, before: &[&Field<'_>], p: &TokenStream) -> TokenStream {
    let single = before
        .iter()
        .filter(|field| field.column_name().is_some())
        .count();
    let widths = before
        .iter()
        .filter(|field| matches!(field.kind, Kind::Embedded { .. }))
        .map(|field| {
            let ty = field.ty;
            let (span, p) = under(ty, p);
            quote_spanned!(span=> <#ty as #p::Embedded>::WIDTH)
        });
    let start_is_zero = start.to_string() == "0";
    let single = Literal::usize_unsuffixed(single);
    let first = if start_is_zero {
        quote!(#single)
    } else {
        quote!(#start + #single)
    };
    quote!(#first #(+ #widths)*)
}

/// The tokens as printed code, `Self` replaced by the type that it stood for.
fn printed_tokens(tokens: TokenStream, self_type: Option<&Ident>) -> TokenStream {
    let printed_token = |token| match token {
        TokenTree::Group(group) => {
            let mut inner =
                Group::new(group.delimiter(), printed_tokens(group.stream(), self_type));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        TokenTree::Ident(ident) => match self_type {
            Some(self_type) if ident == "Self" => TokenTree::Ident(moved(self_type, ident.span())),
            Some(_) => TokenTree::Ident(ident),
            None => TokenTree::Ident(printed(&ident)),
        },
        other => other,
    };
    tokens.into_iter().map(printed_token).collect()
}
