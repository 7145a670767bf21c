//! References: unsaved entities are flushed with the one that holds them, parent first.

use beeorm::prelude::*;

use crate::support::{PATIENCE, drain, engine, on_every_backend};

#[derive(Entity, Debug, Default)]
struct Team {
    #[entity(uuid)]
    id: Uuid,
    name: String,
}

#[derive(Entity, Debug, Default)]
struct Player {
    #[entity(uuid)]
    id: Uuid,
    team: Reference<Team>,
    rival: Option<Reference<Player>>,
}

#[derive(Entity, Debug, Default)]
struct Stadium {
    #[entity(primary_key)]
    code: String,
    #[entity(column = "home_team")]
    home: Option<Reference<Team>>,
    sister: Option<Reference<Stadium>>,
}

#[derive(Entity, Debug, Default)]
struct Sponsor {
    id: u64,
    name: String,
}

#[derive(Entity, Debug, Default)]
struct Deal {
    #[entity(uuid)]
    id: Uuid,
    first: Reference<Sponsor>,
    second: Reference<Sponsor>,
}

#[derive(Entity, Debug, Default)]
struct Page {
    #[entity(primary_key, length = 300)]
    path: String,
    #[entity(length = 300)]
    above: Option<Reference<Page>>,
}

fn team(name: &str) -> Team {
    Team {
        name: name.to_owned(),
        ..Team::default()
    }
}

on_every_backend! {
    async fn a_reference_to_a_long_text_is_as_long(backend: Backend) {
        let engine = engine(backend.registry().entity::<Page>()).await;
        let page = Page { path: "x".repeat(300), above: None };
        let mut page = engine.track(page).unwrap();
        engine.flush(&mut page).await.unwrap();
        let below = Page { path: "y".to_owned(), above: Some(Reference::from(&page)) };
        engine.flush(&mut engine.track(below).unwrap()).await.unwrap();
        let loaded = engine.load::<Page>("y").await.unwrap().unwrap();
        assert_eq!(loaded.above, Some(Reference::from(&page)));
    }

    async fn a_parent_that_has_children_is_refused_as_such(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let mut player = engine.track(Player { team: Reference::new(team("bees")), ..Player::default() }).unwrap();
        engine.flush(&mut player).await.unwrap();
        let refused = engine.delete_by_id::<Team>(*player.team.key()).await;
        let Err(Error::Database(error)) = &refused else { panic!("{refused:?}") };
        assert!(error.is_foreign_key(), "{error}");
        let mut orphan = engine.track(Player { team: Reference::to(Uuid::from_u128(7)), ..Player::default() }).unwrap();
        let refused = engine.flush(&mut orphan).await;
        let Err(Error::Database(error)) = &refused else { panic!("{refused:?}") };
        assert!(error.is_foreign_key(), "{error}");
        assert!(error.to_string().contains("may still wait in the stream"), "{error}");
    }

    async fn an_unsaved_parent_goes_with_its_child_lazily(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let rival = Player { team: Reference::new(team("wasps")), ..Player::default() };
        let mut player = engine.track(Player { team: Reference::new(team("bees")), rival: Some(Reference::new(rival)), ..Player::default() }).unwrap();
        let receipt = engine.flush_lazy(&mut player).await.unwrap();
        assert_eq!(receipt.statements(), 4);
        assert_eq!(engine.flush_lazy(&mut player).await.unwrap().statements(), 0);
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (1, 0));
        let loaded = engine.load::<Player>(player.id).await.unwrap().unwrap();
        assert_eq!((&loaded.team, &loaded.rival), (&player.team, &player.rival));
        assert_eq!(engine.load::<Team>(*loaded.team.key()).await.unwrap().unwrap().name, "bees");
    }

    async fn an_optional_one_is_set_to_an_entity_by_a_change(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let mut player = engine.track(Player { team: Reference::new(team("bees")), ..Player::default() }).unwrap();
        engine.flush(&mut player).await.unwrap();
        let change = Player::change(player.id).set(Player::columns().rival, &player);
        engine.flush(change).await.unwrap();
        let loaded = engine.load::<Player>(player.id).await.unwrap().unwrap();
        assert_eq!(loaded.rival, Some(Reference::from(&player)));
    }

    async fn a_tracked_parent_can_be_referred_to_before_it_is_flushed(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let mut bees = engine.track(team("bees")).unwrap();
        let mut player = engine.track(Player { team: Reference::from(&bees), ..Player::default() }).unwrap();
        engine.flush_lazy((&mut bees, &mut player)).await.unwrap();
        engine.delete_lazy((&mut player, &mut bees)).await.unwrap();
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (2, 0));
    }

    async fn one_without_an_id_is_refused_by_name_and_told_how_to_get_one(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Stadium>()).await;
        let bees = team("bees");
        let hive = Stadium { code: "hive".to_owned(), home: Some(Reference::from(&bees)), ..Stadium::default() };
        let mut hive = engine.track(hive).unwrap();
        let refused = [engine.flush(&mut hive).await.unwrap_err(), engine.flush_lazy(&mut hive).await.unwrap_err()];
        for refused in refused {
            assert_eq!(
                refused.to_string(),
                "Stadium.home_team is not set, or refers to an unsaved Team, which has no id yet: its id is made by \
                 `engine.track(value)?`, so track it before you refer to it by `Reference::from(&tracked)`, or let the \
                 reference hold it, `Reference::new(value)`; then one flush takes both, lazily too"
            );
        }
        // Both as it says.
        let mut bees = engine.track(bees).unwrap();
        hive.home = Some(Reference::from(&bees));
        engine.flush_lazy((&mut bees, &mut hive)).await.unwrap();
        hive.home = Some(Reference::new(team("wasps")));
        engine.flush_lazy(&mut hive).await.unwrap();
        assert_eq!(drain(&engine).await.dead, 0);

        hive.sister = Some(Reference::from(&Stadium::default()));
        let refused = engine.flush(&mut hive).await.unwrap_err().to_string();
        assert!(refused.starts_with("Stadium.sister is not set, or refers to an unsaved Stadium, which"), "{refused}");
        assert!(refused.ends_with("nothing else makes its id: set it before you refer to it"), "{refused}");
    }

    async fn a_child_is_refused_until_its_lazy_parent_is_applied(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let mut bees = engine.track(team("bees")).unwrap();
        let receipt = engine.flush_lazy(&mut bees).await.unwrap();
        let mut now = engine.track(Player { team: Reference::from(&bees), ..Player::default() }).unwrap();
        let refused = engine.flush(&mut now).await.unwrap_err();
        assert!(refused.is_foreign_key(), "{refused}");
        let mut later = engine.track(Player { team: Reference::from(&bees), ..Player::default() }).unwrap();
        engine.flush_lazy(&mut later).await.unwrap();
        assert_eq!(drain(&engine).await.dead, 0);
        assert_eq!(receipt.applied(PATIENCE).await.unwrap(), Outcome::Applied);
        engine.flush(&mut now).await.unwrap();
    }

    async fn a_dead_one_is_dropped_and_inserted_anew(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let nobody: Reference<Team> = Reference::to(Uuid::from_u128(1));
        let mut player = engine.track(Player { team: nobody, ..Player::default() }).unwrap();
        let receipt = engine.flush_lazy(&mut player).await.unwrap();
        drain(&engine).await;
        assert_eq!(receipt.applied(PATIENCE).await.unwrap(), Outcome::Dead);
        let failed = engine.flush(&mut player).await.unwrap_err();
        let Error::LazyFailed { frame_id, outcome: Outcome::Dead } = failed else { panic!("{failed}") };
        assert!(failed.to_string().contains(&format!("engine.dead_letters().get({frame_id})")), "{failed}");
        let letters = engine.dead_letters();
        assert!(letters.get(frame_id).await.unwrap().is_some());
        letters.drop_letter(frame_id).await.unwrap();
        let mut again = engine.track(Tracked::into_inner(player)).unwrap();
        again.team = Reference::new(team("bees"));
        engine.flush_lazy(&mut again).await.unwrap();
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (1, 0), "{report:?}");
        assert!(engine.load::<Player>(again.id).await.unwrap().is_some());
    }

    async fn of_two_references_to_one_entity_the_right_one_is_named(backend: Backend) {
        let engine = engine(backend.registry().entity::<Sponsor>().entity::<Deal>()).await;
        let mut known = engine.track(Sponsor::default()).unwrap();
        engine.flush(&mut known).await.unwrap();
        let mut deal = engine.track(Deal { first: (&known).into(), second: Reference::new(Sponsor::default()), ..Deal::default() }).unwrap();
        let refused = engine.flush_lazy(&mut deal).await.unwrap_err();
        assert!(matches!(&refused, Error::UnsavedReference { entity: "Deal", column, .. } if column == "second"), "{refused}");
        engine.flush(&mut deal).await.unwrap();
        assert_eq!((*deal.first.key(), *deal.second.key()), (1, 2));
    }

    async fn a_bare_child_too(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let mut player = Player { team: Reference::new(team("bees")), ..Player::default() };
        engine.flush_lazy(&mut player).await.unwrap();
        assert_eq!(drain(&engine).await.dead, 0);
        assert!(engine.load::<Team>(*player.team.key()).await.unwrap().is_some());
    }

    async fn a_long_chain_of_unsaved_ones_is_refused_and_not_begun(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let chain = |length: usize| {
            let mut player = Player { team: Reference::new(team("bees")), ..Player::default() };
            for _ in 1..length {
                let rival = Some(Reference::new(player));
                player = Player { team: Reference::new(team("wasps")), rival, ..Player::default() };
            }
            player
        };
        // In tasks, whose stacks are as small as those of a program's.
        for (length, fits) in [(64, true), (66, false), (20_000, false)] {
            for lazily in [true, false] {
                let (engine, mut player) = (engine.clone(), engine.track(chain(length)).unwrap());
                let flushed = tokio::spawn(async move {
                    let flushed = if lazily {
                        engine.flush_lazy(&mut player).await.map(drop)
                    } else {
                        engine.flush(&mut player).await
                    };
                    (flushed, *player.team.key())
                });
                let (flushed, team) = flushed.await.unwrap();
                let Err(refused) = flushed else {
                    assert!(fits, "{length}");
                    continue;
                };
                assert!(!fits && refused.to_string().contains("flush"), "{length}: {refused}");
                assert!(team.is_nil(), "nothing was begun");
            }
        }
        assert_eq!(drain(&engine).await.dead, 0);
    }
}
