int origin_helper(void);

__attribute__((visibility("default"))) int origin_helper(void)
{
    return 42;
}
