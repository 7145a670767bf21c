//! The synchronous flush: one transaction, ids written back, nothing changed on an error.

use beeorm::prelude::*;

use crate::support::{drain, engine, on_every_backend};

#[derive(Entity, Debug, Default, PartialEq)]
struct Author {
    id: u64,
    #[entity(unique)]
    name: String,
}

#[derive(Entity, Debug, Default, PartialEq)]
struct Book {
    #[entity(uuid)]
    id: Uuid,
    author: Reference<Author>,
    #[entity(unique = "place")]
    shelf: u16,
    #[entity(unique = "place")]
    slot: u16,
}

fn author(name: &str) -> Author {
    Author {
        id: 0,
        name: name.to_owned(),
    }
}

on_every_backend! {
    async fn writes_back_ids_that_the_database_makes(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>()).await;
        let mut authors = [author("a"), author("b"), author("c")];
        engine.flush(&mut authors).await.unwrap();
        assert_eq!(authors.each_ref().map(|author| author.id), [1, 2, 3]);
        let mut tracked = engine.track(author("d")).unwrap();
        engine.flush(&mut tracked).await.unwrap();
        assert_eq!(tracked.id, 4);
        assert!(!Tracked::is_dirty(&tracked));
    }

    async fn a_refused_one_leaves_what_is_tracked_as_it_was(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>()).await;
        let mut stored = engine.track(author("a")).unwrap();
        engine.flush(&mut stored).await.unwrap();
        stored.name = "b".to_owned();
        let (mut new, mut clash) = (engine.track(author("c")).unwrap(), engine.track(author("c")).unwrap());
        engine.flush((&mut stored, &mut new, &mut clash)).await.unwrap_err();
        assert!(Tracked::is_dirty(&stored) && Tracked::is_new(&new) && Tracked::is_new(&clash));
        engine.flush((&mut stored, &mut new)).await.unwrap();
        assert_eq!(engine.load::<Author>(stored.id).await.unwrap().unwrap().name, "b");
        assert_eq!(engine.load::<Author>(new.id).await.unwrap().unwrap().name, "c");
    }

    async fn ids_that_are_given_and_ids_that_are_not_may_be_mixed(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>()).await;
        let numbered = |id, name: &str| engine.track(Author { id, ..author(name) }).unwrap();
        let mut rows = [numbered(0, "a"), numbered(700, "b"), numbered(0, "c"), numbered(900, "d"), numbered(901, "e")];
        engine.flush(&mut rows).await.unwrap();
        for row in &rows {
            assert_eq!(engine.load::<Author>(row.id).await.unwrap().unwrap().name, row.name);
        }
        assert_eq!([rows[1].id, rows[3].id, rows[4].id], [700, 900, 901]);
        let mut lazy = [numbered(0, "f"), numbered(1700, "g"), numbered(0, "h")];
        engine.flush_lazy(&mut lazy).await.unwrap();
        assert_eq!(drain(&engine).await.dead, 0);
        assert_eq!(engine.load::<Author>(1700_u64).await.unwrap().unwrap().name, "g");
    }

    async fn writes_many_rows(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>().entity::<Book>()).await;
        let mut author = author("a");
        engine.flush(&mut author).await.unwrap();
        let book = |slot| Book { author: Reference::from(&author), slot, ..Book::default() };
        let mut books: Vec<Book> = (0..2500).map(book).collect();
        engine.flush(&mut books).await.unwrap();
        let ids: Vec<Uuid> = books.iter().map(|book| book.id).collect();
        let loaded = engine.load_many::<Book>(ids).await.unwrap();
        let slots: Vec<u16> = loaded.into_iter().map(|book| book.unwrap().slot).collect();
        assert_eq!(slots, (0..2500).collect::<Vec<u16>>());
    }

    async fn is_one_transaction(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>()).await;
        let (mut fine, mut clash) = (author("a"), author("a"));
        let refused = engine.flush((&mut fine, &mut clash)).await.unwrap_err();
        assert!(refused.is_duplicate_key(), "{refused}");
        assert_eq!((fine.id, clash.id), (0, 0), "a refused flush changes nothing");
        clash.name = "b".to_owned();
        engine.flush((&mut fine, &mut clash)).await.unwrap();
        assert_eq!(engine.load::<Author>(fine.id).await.unwrap().unwrap().name, "a");
    }

    async fn parents_come_first_and_give_their_ids(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>().entity::<Book>()).await;
        let mut book = engine.track(Book { author: Reference::new(author("a")), ..Book::default() }).unwrap();
        engine.flush(&mut book).await.unwrap();
        assert_eq!(*book.author.key(), 1);
        assert_eq!(engine.load::<Book>(book.id).await.unwrap().unwrap().author, Reference::to(1));
    }

    async fn names_the_index_that_refused(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>().entity::<Book>()).await;
        let mut first = author("a");
        engine.flush(&mut first).await.unwrap();
        let index = |error: Error| match error {
            Error::Database(error) => error.index().map(str::to_owned),
            other => panic!("{other}"),
        };
        assert_eq!(index(engine.flush(&mut author("a")).await.unwrap_err()).as_deref(), Some("name"));
        let book = || Book { author: Reference::to(1), shelf: 1, slot: 2, ..Book::default() };
        engine.flush(&mut book()).await.unwrap();
        assert_eq!(index(engine.flush(&mut book()).await.unwrap_err()).as_deref(), Some("place"));
        let mut same_key = engine.track(Author { id: 1, name: "b".to_owned() }).unwrap();
        assert_eq!(index(engine.flush(&mut same_key).await.unwrap_err()).as_deref(), Some("PRIMARY"));
    }

    async fn names_the_constraint_of_a_missing_parent(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>().entity::<Book>()).await;
        let mut orphan = Book { author: Reference::to(77), ..Book::default() };
        let refused = engine.flush(&mut orphan).await.unwrap_err();
        assert!(refused.is_foreign_key(), "{refused}");
        if !backend.database.starts_with("sqlite") {
            let Error::Database(error) = &refused else { panic!("{refused}") };
            assert_eq!(error.constraint(), Some("book.author"));
        }
        assert!(orphan.id.is_nil());
    }

    async fn updates_what_changed_and_deletes(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>()).await;
        let mut author = engine.track(author("a")).unwrap();
        engine.flush(&mut author).await.unwrap();
        author.name = "b".to_owned();
        engine.flush(&mut author).await.unwrap();
        assert_eq!(engine.load::<Author>(author.id).await.unwrap().unwrap().name, "b");
        engine.delete(&mut author).await.unwrap();
        assert!(engine.load::<Author>(author.id).await.unwrap().is_none());
        let gone = Author::change(author.id).set(Author::columns().name, "c");
        let missing = engine.flush(gone).await.unwrap_err();
        assert!(matches!(&missing, Error::Database(error) if error.is_row_missing()), "{missing}");
        engine.delete_by_id::<Author>(author.id).await.unwrap();
    }

    async fn loads_many_in_the_order_asked(backend: Backend) {
        let engine = engine(backend.registry().entity::<Author>()).await;
        engine.flush(&mut [author("a"), author("b"), author("c")]).await.unwrap();
        let loaded = engine.load_many::<Author>([3, 99, 1]).await.unwrap();
        let names: Vec<_> = loaded.iter().map(|author| author.as_ref().map(|author| author.name.as_str())).collect();
        assert_eq!(names, [Some("c"), None, Some("a")]);
        assert!(engine.load_many::<Author>([0; 0]).await.unwrap().is_empty());
    }
}
