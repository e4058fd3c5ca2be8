/* The end of one instruction set's part of block.h: forgets its names and sizes. */
#undef ISA
#undef VEC_LANES
#undef DOT_INPUTS
#undef DOT_OUTPUTS
#undef DOT_SQUARE
#undef DOT_SUMS
#undef GAIN_INPUTS
#undef GAIN_SUMS
