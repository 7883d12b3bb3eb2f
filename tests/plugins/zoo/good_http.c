/* The SDK's HTTP sender. */
#include "base_http.h"

HTTP_ANIMAL();
