/* A host that runs Python code the ways an application may run its scripts.

   host MODE TIMES CODE, where MODE is
     keep      one interpreter, the code again and again in it
     sub       a new sub-interpreter for every run
     finalize  the interpreter shut down and started again between runs
   Prints "ok" or "failed" for every run; the traceback goes to stderr. */
#include <Python.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run(const char *code)
{
    puts(PyRun_SimpleString(code) == 0 ? "ok" : "failed");
    fflush(stdout);
}

static void keep(int times, const char *code)
{
    Py_Initialize();
    while (times-- > 0)
        run(code);
    Py_FinalizeEx();
}

static void sub(int times, const char *code)
{
    Py_Initialize();
    PyThreadState *mother = PyThreadState_Get();
    while (times-- > 0) {
        PyThreadState *child = Py_NewInterpreter();
        if (child == NULL) {
            puts("no interpreter");
            return;
        }
        run(code);
        Py_EndInterpreter(child);
        PyThreadState_Swap(mother);
    }
    Py_FinalizeEx();
}

static void finalize(int times, const char *code)
{
    while (times-- > 0) {
        Py_Initialize();
        run(code);
        Py_FinalizeEx();
    }
}

int main(int count, char **words)
{
    if (count != 4)
        return 2;
    int times = atoi(words[2]);
    if (strcmp(words[1], "keep") == 0)
        keep(times, words[3]);
    else if (strcmp(words[1], "sub") == 0)
        sub(times, words[3]);
    else
        finalize(times, words[3]);
    return 0;
}
