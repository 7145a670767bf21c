use syn::{
    Attribute, Expr, Ident, Lit, LitStr, Meta, Path, Token, UnOp,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use crate::mistakes::Mistakes;

/// `word` or `word = value` within an `#[entity(..)]`.
pub(crate) struct Word {
    pub(crate) name: Ident,
    pub(crate) value: Option<Expr>,
}

/// What a word was given, and the word, for mistakes to point at.
pub(crate) struct Given<T> {
    pub(crate) word: Ident,
    pub(crate) value: T,
}

const FORM: &str = "a word is expected: `#[entity(word)]` or `#[entity(word = ..)]`";

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input
            .call(Ident::parse_any)
            .map_err(|error| syn::Error::new(error.span(), FORM))?;
        if input.peek(syn::token::Paren) {
            let message = format!("`{name}` takes no parentheses; write `{name}` or `{name} = ..`");
            return Err(syn::Error::new(name.span(), message));
        }
        let equals: Option<Token![=]> = input.parse()?;
        let value = equals.map(|_| input.parse()).transpose()?;
        Ok(Self { name, value })
    }
}

impl Word {
    /// Every word of every `#[entity(..)]` among the attributes.
    pub(crate) fn all(attributes: &[Attribute], mistakes: &mut Mistakes) -> Vec<Self> {
        let mut words = Vec::new();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("entity"))
        {
            if !matches!(attribute.meta, Meta::List(_)) {
                mistakes.add(attribute, FORM);
                continue;
            }
            match attribute.parse_args_with(Punctuated::<Self, Token![,]>::parse_terminated) {
                Ok(more) => words.extend(more),
                Err(error) => mistakes.add_error(error),
            }
        }
        words
    }

    /// Puts the value into its slot, unless the word was there before.
    pub(crate) fn fill<T>(
        &self,
        slot: &mut Option<Given<T>>,
        value: Option<T>,
        mistakes: &mut Mistakes,
    ) {
        let Some(value) = value else { return };
        if slot.is_some() {
            mistakes.add(&self.name, format!("`{}` is given twice", self.name));
        } else {
            *slot = Some(Given {
                word: self.name.clone(),
                value,
            });
        }
    }

    /// A word without a value.
    pub(crate) fn flag(&self, mistakes: &mut Mistakes) -> Option<()> {
        match &self.value {
            None => Some(()),
            Some(value) => {
                mistakes.add(value, format!("`{}` takes no value", self.name));
                None
            }
        }
    }

    /// A text.
    pub(crate) fn text(&self, mistakes: &mut Mistakes) -> Option<LitStr> {
        match self.literal() {
            Some(Lit::Str(text)) => Some(text.clone()),
            _ => self.wants(&format!("a text: `{} = \"..\"`", self.name), mistakes),
        }
    }

    /// A whole number within bounds.
    pub(crate) fn number(&self, least: u32, most: u32, mistakes: &mut Mistakes) -> Option<u32> {
        let number = match self.literal() {
            Some(Lit::Int(number)) => number
                .base10_parse()
                .ok()
                .filter(|number| (least..=most).contains(number)),
            _ => None,
        };
        number.or_else(|| self.wants(&format!("a whole number from {least} to {most}"), mistakes))
    }

    /// A path, bare or in quotes as serde has it.
    pub(crate) fn path(&self, mistakes: &mut Mistakes) -> Option<Path> {
        let path = match self.value.as_ref().map(ungrouped) {
            Some(Expr::Path(path)) if path.qself.is_none() => Some(path.path.clone()),
            Some(Expr::Lit(literal)) => match &literal.lit {
                Lit::Str(text) => text.parse_with(Path::parse_mod_style).ok(),
                _ => None,
            },
            _ => None,
        };
        path.or_else(|| self.wants(&format!("a path: `{} = ::my::path`", self.name), mistakes))
    }

    /// The value, where it is a literal.
    pub(crate) fn literal(&self) -> Option<&Lit> {
        match self.value.as_ref().map(ungrouped) {
            Some(Expr::Lit(literal)) => Some(&literal.lit),
            _ => None,
        }
    }

    /// The value, where it is a literal with a minus before it.
    pub(crate) fn negated_literal(&self) -> Option<&Lit> {
        match self.value.as_ref().map(ungrouped) {
            Some(Expr::Unary(unary)) if matches!(unary.op, UnOp::Neg(_)) => {
                match ungrouped(&unary.expr) {
                    Expr::Lit(literal) => Some(&literal.lit),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the value is this bare word.
    pub(crate) fn value_is(&self, word: &str) -> bool {
        matches!(self.value.as_ref().map(ungrouped), Some(Expr::Path(path)) if path.path.is_ident(word))
    }

    /// Notes that the value is missing, or not of the form that the word wants.
    pub(crate) fn wants<T>(&self, wanted: &str, mistakes: &mut Mistakes) -> Option<T> {
        let message = format!("`{}` takes {wanted}", self.name);
        match &self.value {
            Some(value) => mistakes.add(value, message),
            None => mistakes.add(&self.name, message),
        }
        None
    }
}

/// Without the invisible groups that a `macro_rules!` puts around what it was given.
fn ungrouped(mut expression: &Expr) -> &Expr {
    while let Expr::Group(group) = expression {
        expression = &group.expr;
    }
    expression
}
