/* Everything that a variant is made of. Included once by each, after it has defined W (lanes), GROUP (states advanced
   together) and, with vector.h, the operations below.
     load, store         of the first `lanes` numbers
     maxv, times_power   v 2^n
     exp2_product        2^(a b)
     quarters            of four vectors: in each quarter of a vector, or each four lanes, their four partial sums
     sums                of W / 4 such: lane i is the sum over the lanes of vector i */
#pragma once
#include "backward.h"

#define VARIANT(name) {name, W, forward, retrace, backward, carry, exponentials}
