/* Ends the part of one instruction set: undefines its names and tile sizes. */
#undef ISA
#undef VEC_LANES
#undef DOT_INPUTS
#undef DOT_OUTPUTS
#undef DOT_SQUARE
#undef DOT_SUMS
#undef GRAM_INPUTS
#undef UPDATE_INPUTS
#undef UPDATE_SUMS
