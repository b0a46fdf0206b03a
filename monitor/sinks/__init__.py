"""How alerts reach people: one folder per kind of receiver, one small interface (`base.Sink`) for all."""
