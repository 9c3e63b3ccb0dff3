#include <stdio.h>

int main(void)
{
    puts(CREMA_VERSION);
    return 0;
}
