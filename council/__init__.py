"""The council: stages, ballots, tally, debate, synthesis; knows backends only through `models.base.Backend`."""
