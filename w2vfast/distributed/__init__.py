"""Train one model in several processes, on one machine or on many, by MPI.

Every process, a rank, has the whole vocabulary and all matrices.  Data flows one way:

1. `file_parts` deals the text to the ranks; each reads its own parts only.
2. `shared_words` adds up what the ranks have counted: one vocabulary.
3. `rank_trainer` trains the parts, each rank with threads as on one machine.
4. `merge_times` says when the ranks merge which rows, and `rank_merges` merges them.
   In a deterministic run, `rank_rounds` trains and merges instead.
5. `rank_checkpoints` writes how far each part of the text is trained (`rank_parts`).

`ranks` has what all of these need from other processes; `mpi` gets it from MPI, and
merges of the ranks of one machine use memory that they share (`shared_memory`). `watch`
notices a step that takes too long.
"""
