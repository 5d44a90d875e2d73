module k7sandbox.example/abi

go 1.19
