//! Takes the description of a check from a doc comment.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The first paragraph of a doc comment, on one line.
pub(crate) fn first_paragraph(attrs: &[Attribute]) -> Option<String> {
    let mut paragraph = String::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        // `#[doc(hidden)]` has no text, and the macro cannot read `#[doc = include_str!("…")]`.
        let Meta::NameValue(meta) = &attr.meta else { continue };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) = &meta.value
        else {
            continue;
        };
        let text = text.value();
        let block = text.contains('\n');
        for line in text.split('\n').map(str::trim) {
            // The lines of `/** … */` may start with ` * `.
            let bare = line
                .strip_prefix('*')
                .filter(|bare| block && (bare.is_empty() || bare.starts_with(' ')));
            let line = bare.unwrap_or(line).trim();
            match (line.is_empty(), paragraph.is_empty()) {
                (true, true) => {}
                (true, false) => return Some(paragraph),
                (false, true) => line.clone_into(&mut paragraph),
                (false, false) => paragraph = paragraph + " " + line,
            }
        }
    }
    (!paragraph.is_empty()).then_some(paragraph)
}

#[cfg(test)]
mod tests {
    use super::first_paragraph;
    use syn::parse_quote;

    #[test]
    fn the_description_is_the_first_paragraph_on_one_line() {
        let field: syn::DeriveInput = parse_quote! {
            ///
            /// Orders
            ///   database.
            ///
            /// Not this.
            struct S;
        };
        assert_eq!(first_paragraph(&field.attrs).as_deref(), Some("Orders database."));
    }

    #[test]
    fn a_block_comment_is_read_like_line_comments() {
        let field: syn::DeriveInput = parse_quote! {
            /**
             * Orders
             * database.
             *
             * Not this.
             */
            struct S;
        };
        assert_eq!(first_paragraph(&field.attrs).as_deref(), Some("Orders database."));
    }
}
