/* The kernels of all instruction sets.  A file of their own, which is compiled at the same
 * time as what calls them. */
#include "block.h"

const block_isa_t *const linked_isas = block_isas;
const int n_linked_isas = BLOCK_ISAS;
