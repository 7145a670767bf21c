/// `Debug` as `Display`: it is what `main` prints of an error that it returns, and what `unwrap` does, so it has to
/// say what to do.
macro_rules! debug_as_display {
    ($error:ty) => {
        impl ::std::fmt::Debug for $error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(self, f)
            }
        }
    };
}

pub(crate) use debug_as_display;

#[cfg(test)]
mod tests {
    use std::error::Error as StdError;

    use crate::{
        column::ColumnError,
        database::{DatabaseError, FailureClass},
        error::Error,
        registry::ConfigError,
        stream::StreamError,
    };

    #[test]
    fn what_main_prints_of_an_error_says_what_to_do() {
        let pool = || "default".to_owned();
        let url = ConfigError::Url {
            pool: pool(),
            problem: "the URL is empty".to_owned(),
        };
        let away = StreamError::Unavailable {
            pool: pool(),
            reason: "it is down".to_owned(),
        };
        let refused = DatabaseError::new(FailureClass::Schema, "no such table");
        let errors: [Box<dyn StdError>; 6] = [
            Box::new(Error::KeyMissing { entity: "User" }),
            Box::new(Error::from(refused.clone())),
            Box::new(refused),
            Box::new(ColumnError::UnexpectedNull),
            Box::new(url),
            Box::new(away),
        ];
        for error in errors {
            assert_eq!(format!("{error:?}"), error.to_string());
        }
    }
}
