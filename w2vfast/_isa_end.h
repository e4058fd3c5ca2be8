#undef ISA
#undef VEC_LANES
#undef DOT_INPUTS
#undef DOT_OUTPUTS
#undef DOT_SUMS
#undef GAIN_INPUTS
#undef GAIN_SUMS
