/* The kernels, compiled once for all checks. */
#include "../../../w2vfast/_core_parts/block.h"

const block_isa_t *const linked_isas = block_isas;
const int n_linked_isas = BLOCK_ISAS;
