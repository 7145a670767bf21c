//! References: unsaved entities are flushed with the one that holds them, parent first.

use beeorm::prelude::*;

use crate::support::{drain, engine, on_every_backend};

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

fn team(name: &str) -> Team {
    Team {
        name: name.to_owned(),
        ..Team::default()
    }
}

on_every_backend! {
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

    async fn a_tracked_parent_can_be_referred_to_before_it_is_flushed(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let mut bees = engine.track(team("bees")).unwrap();
        let mut player = engine.track(Player { team: Reference::from(&bees), ..Player::default() }).unwrap();
        engine.flush_lazy((&mut bees, &mut player)).await.unwrap();
        engine.delete_lazy((&mut player, &mut bees)).await.unwrap();
        let report = drain(&engine).await;
        assert_eq!((report.applied, report.dead), (2, 0));
    }

    async fn a_bare_child_too(backend: Backend) {
        let engine = engine(backend.registry().entity::<Team>().entity::<Player>()).await;
        let mut player = Player { team: Reference::new(team("bees")), ..Player::default() };
        engine.flush_lazy(&mut player).await.unwrap();
        assert_eq!(drain(&engine).await.dead, 0);
        assert!(engine.load::<Team>(*player.team.key()).await.unwrap().is_some());
    }
}
